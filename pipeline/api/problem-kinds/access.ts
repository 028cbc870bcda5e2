import type { ProblemKind } from "./problem-kind.ts";

/** About who asks. */
export const accessProblems = {
	UNAUTHENTICATED: {
		status: 401,
		title: "Nobody is known by these credentials",
		meaning:
			"The route asks who you are: send an API key or an access token as `Authorization: Bearer ...`, or log in.",
	},
	FORBIDDEN: {
		status: 403,
		title: "Not allowed to you",
		meaning: "You are known, and your role does not allow this. An admin can give you another.",
	},
	LOGIN_REFUSED: {
		status: 401,
		title: "The name or the password is wrong",
		meaning: "It is said of whoever cannot log in here, whatever the reason: nobody is to learn which names there are.",
	},
	SESSION_OVER: {
		status: 401,
		title: "The login is over",
		meaning: "It ended by itself, by a logout, or because one of its tokens was used twice. Log in again.",
	},
	REFRESH_REPEATED: {
		status: 409,
		title: "The refresh token was used a moment ago",
		meaning:
			"Another tab, or the same request once more, used it within the last 10 seconds; the session goes on with what was given then. A browser asks again with the cookie that it has now; a program that never had the answer logs in again.",
	},
	OIDC_REFUSED: {
		status: 403,
		title: "The house does not let you in",
		meaning: "Where the house logs in, the login was refused, or who logged in is not let in here; `detail` says why.",
	},
	OIDC_UNVERIFIED: {
		status: 403,
		title: "Your address was never verified",
		meaning: "Where the house logs in, the e-mail address that names you was never verified: verify it there.",
	},
	OIDC_UNMAPPED: {
		status: 403,
		title: "Nothing says what you may do here",
		meaning: "You are known where the house logs in, and no grant of the configuration fits you.",
	},
	USER_NAME: {
		status: 403,
		title: "Your name can be none here",
		meaning:
			"The name that the login gives has a space in it, or other characters that no name here has: an admin has another claim name the users (access.oidc.name).",
	},
	OIDC_INVALID: {
		status: 400,
		title: "This is no end of a login that was begun here",
		meaning: "It was begun in another browser, too long ago, or answered already. Log in again, from the beginning.",
	},
	CSRF_TOKEN_MISSING: {
		status: 403,
		title: "Not asked by a page of ours",
		meaning:
			"A browser sent its login along, but not the token that only our page was told: send what the login gave as `csrf` in the header `X-CSRF-Token`.",
	},
	NOT_FROM_HERE: {
		status: 403,
		title: "Only from the machine itself",
		meaning: "This is changed from the machine that the process runs on, and from nowhere else.",
	},
	FOREIGN_ORIGIN: {
		status: 403,
		title: "Not from a page of another server",
		meaning:
			"A browser sends its cookies along whatever page asks: a WebSocket is opened to pages of this server alone.",
	},
	USER_EXISTS: {
		status: 409,
		title: "There is somebody else of that name",
		meaning: "The name that the login gives is that of another user here: an admin renames one of them.",
	},
	LOGIN_LIMITED: {
		status: 429,
		title: "Too many attempts to log in",
		meaning: "Of an account, or from an address, so many were made that no more are taken for a while.",
	},
	LOGIN_BUSY: {
		status: 503,
		title: "Too many log in at once",
		meaning: "Checking a password takes memory and time on purpose. Try again in a few seconds.",
	},
	OIDC_AWAY: {
		status: 503,
		title: "Where the house logs in does not answer",
		meaning: "It passes by itself, or an admin finds out why. Log in by name and password meanwhile, if you have one.",
	},
} as const satisfies Readonly<Record<string, ProblemKind>>;
