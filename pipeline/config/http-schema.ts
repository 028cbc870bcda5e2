import { isIP } from "node:net";
import { z } from "zod";
import { address, custom, keys, list, path, size, wholeNumber, wordings } from "./value-kinds.ts";

function checked(expected: string, example: string, isOne: (value: string) => boolean) {
	const fix = `Write for example ${example}`;
	const schema = z.string().refine(isOne, custom(`it must be ${expected}`, fix));
	wordings.add(schema, { expected, fix: () => fix });
	return schema;
}

const network = checked("an address, or a network as address/bits", '"10.0.0.0/8"', (value) => {
	const [host = "", bits, ...more] = value.split("/");
	const most = isIP(host) === 4 ? 32 : 128;
	return (
		isIP(host) > 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
	);
});

const origin = checked(
	"the origin of a site: scheme and host, and nothing behind them",
	'"https://lims.lab.example"',
	(value) => URL.canParse(value) && new URL(value).origin === value,
);

export const http = keys({
	listen: address
		.describe(
			"Address of the API; port 0 takes a free one. Where other machines reach it, who asks has to say who he is (access).",
		)
		.prefault("127.0.0.1:8080"),
	operations: address
		.describe("Address of health and metrics in processes without the role serve; the API has them as well.")
		.meta({ examples: ["0.0.0.0:9090"] })
		.optional(),
	tls: keys({
		cert: path.describe("Our certificate, with those between it and the authority's (PEM). Read anew when it changes."),
		key: path.describe("Its key (PEM)."),
	})
		.describe("Encrypts the connections; without it let a reverse proxy do that.")
		.optional(),
	proxies: list(network)
		.describe("Addresses and networks of reverse proxies, whose word on who asks is taken (X-Forwarded-For).")
		.meta({ examples: [["10.0.0.0/8"]] })
		.prefault([]),
	origins: list(origin)
		.describe("Origins of other sites, whose pages may ask the API from a browser.")
		.meta({ examples: [["https://lims.lab.example"]] })
		.prefault([]),
	upload: keys({
		size: size.describe("A file that is sent may be no larger.").prefault("50GB"),
	})
		.describe("Files that are sent over HTTP into the directories of sources.")
		.prefault({}),
	rate: keys({
		perSecond: wholeNumber(1, 1_000_000).describe("So many requests a second.").prefault(500),
		burst: wholeNumber(1, 1_000_000).describe("So many at once before that counts.").prefault(1000),
	})
		.describe("What one client may ask of one route; more is refused until it may again.")
		.prefault({}),
});
