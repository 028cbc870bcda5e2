/** Port 0: a free one is taken. */
export interface ListenAddress {
	readonly host: string;
	readonly port: number;
}

/** How a process listens, and whom it lets ask how much. */
export interface HttpSettings extends ListenAddress {
	/** Files in PEM, absolute paths; undefined: unencrypted. */
	readonly tls: { readonly cert: string; readonly key: string } | undefined;
	/** Addresses and networks of reverse proxies, whose word is taken on who asks. */
	readonly proxies: readonly string[];
	/** Of other sites, whose pages may ask. */
	readonly origins: readonly string[];
	/** Of files that are sent. */
	readonly upload: { readonly mostBytes: number };
	/** What one client may ask of one route. */
	readonly rate: Rate;
}

/** A token bucket: so many at once, and so many a second after that. */
export interface Rate {
	readonly perSecond: number;
	readonly burst: number;
}
