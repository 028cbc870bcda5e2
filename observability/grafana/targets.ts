/** What the colours of numbers mean; as the alerts have it. */
export const targets = {
	resultWithinSeconds: 15 * 60,
	resultShare: 0.99,
	apiShare: 0.999,
	failureShare: 0.05,
} as const;
