import type { WatchRabbitError } from "#core/errors.ts";

/** What becomes of requests and of who follows. */
export type ApiReport =
	| {
			readonly event: "request.answered";
			/** The route's pattern, not the URL. */
			readonly route: string;
			readonly status: number;
			readonly seconds: number;
	  }
	/** Somebody follows what happens, beside so many others. */
	| { readonly event: "live.joined"; readonly transport: "sse" | "websocket"; readonly clients: number }
	/** `gone`: by himself. */
	| {
			readonly event: "live.left";
			readonly transport: "sse" | "websocket";
			readonly clients: number;
			readonly why: "gone" | "slow" | "draining" | "renewing" | "unavailable";
	  }
	/** To all who follow together; how late the oldest of them was told, where they are told as they happen. */
	| { readonly event: "live.sent"; readonly events: number; readonly lagSeconds?: number }
	| {
			readonly event: "request.failed";
			readonly method: string;
			readonly route: string;
			readonly error: WatchRabbitError;
	  }
	/** The name is somebody's, or left out; how often is limited. */
	| { readonly event: "login.refused"; readonly account?: string; readonly network: string };
