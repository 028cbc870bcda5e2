/** Written down here once more: what a suspended process loses must be seen from outside, not asked of the product. */
export const partitionLeaseMs = 6_000;
export const jobLeaseMs = 30_000;
