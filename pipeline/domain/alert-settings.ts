/** Who is told of the alerts that a process evaluates itself. */
export interface AlertSettings {
	/** Undefined: nobody but those who ask. */
	readonly webhook: { readonly url: string; readonly token: string | undefined } | undefined;
	/** While one fires it is told again after so long. */
	readonly repeatMs: number;
}

/** Where no configuration says anything of it. */
export const quietAlerts: AlertSettings = { webhook: undefined, repeatMs: 14_400_000 };
