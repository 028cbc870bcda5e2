/** What of an OpenAPI document the page shows. */
interface Document {
	readonly info: {
		readonly title: string;
		readonly version: string;
		readonly summary: string;
		readonly description: string;
	};
	readonly tags: readonly { readonly name: string }[];
	readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
	readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
	readonly operationId: string;
	readonly tags: readonly string[];
	readonly summary: string;
	readonly description?: string;
	readonly security?: readonly object[];
	readonly parameters?: readonly {
		readonly name: string;
		readonly in: string;
		readonly required?: boolean;
		readonly description?: string;
		readonly schema: Schema;
	}[];
	readonly requestBody?: Content;
	readonly responses: Readonly<Record<string, Content & { readonly description: string }>>;
}

interface Content {
	readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Schema {
	readonly $ref?: string;
	readonly type?: string | readonly string[];
	readonly description?: string;
	readonly format?: string;
	readonly enum?: readonly unknown[];
	readonly default?: unknown;
	readonly items?: Schema;
	readonly anyOf?: readonly Schema[];
	readonly properties?: Readonly<Record<string, Schema>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: Schema | boolean;
}

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:70em;padding:1em 2em;color:#1a1a1a;background:#fff}
h2{margin-top:2.5em;border-bottom:1px solid #ddd}summary{cursor:pointer;padding:.3em 0}code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
.method{display:inline-block;min-width:4.5em;font-weight:600}.GET{color:#1f5fbf}.POST,.PUT,.PATCH{color:#8a5a00}.DELETE{color:#b3261e}
table{border-collapse:collapse;margin:.5em 0 1em}th,td{text-align:left;vertical-align:top;padding:.25em .9em .25em 0;border-bottom:1px solid #eee;font-weight:400}
small,.type{color:#555}section{margin-left:1.2em}a{color:inherit}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}h2,th,td{border-color:#444}small,.type{color:#aaa}.GET{color:#8ab4f8}.POST,.PUT,.PATCH{color:#ffc861}.DELETE{color:#ff8a80}}`;

/** The API for people: one page without scripts. */
export function referencePage(of: object): string {
	const { info, tags, paths, components } = of as Document;
	const operations = Object.entries(paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
	);
	const parts = tags.map(({ name }) => {
		const own = operations.filter(({ operation }) => operation.tags.includes(name));
		return `<h2 id="${escaped(name)}">${escaped(name)}</h2>\n${own.map(shown).join("\n")}`;
	});
	const forms = Object.entries(components.schemas).map(
		([name, schema]) => `<h3 id="form-${escaped(name)}">${escaped(name)}</h3>${says(schema)}${fields(schema)}`,
	);
	return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(info.title)} API</title><style>${style}</style></head>
<body><h1>${escaped(info.title)} API</h1>
<p>${escaped(info.summary)} ${escaped(info.description)}</p>
<p><small>Version ${escaped(info.version)}. For programs: <a href="/api/v1/openapi.json">openapi.json</a> (OpenAPI 3.1).</small></p>
<nav>${tags.map(({ name }) => `<a href="#${escaped(name)}">${escaped(name)}</a>`).join(" · ")} · <a href="#forms">forms</a></nav>
${parts.join("\n")}
<h2 id="forms">forms</h2>
${forms.join("\n")}
</body></html>
`;
}

function shown({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
	const { operationId, summary, description, security, parameters = [], requestBody, responses } = operation;
	const given = parameters.map(
		({ name, in: place, required, description, schema }) =>
			`<tr><th scope="row"><code>${escaped(name)}</code><br><small>${place}${required ? ", needed" : ""}</small></th><td>${typeOf(schema)}${says({ description: description ?? schema.description ?? "" })}</td></tr>`,
	);
	const answered = Object.entries(responses).map(
		([status, { description, content }]) =>
			`<tr><th scope="row"><code>${status}</code></th><td>${linked(description)} ${media(content)}</td></tr>`,
	);
	return `<details id="${escaped(operationId)}"><summary><span class="method ${method}">${method}</span> <code>${escaped(path)}</code> ${escaped(summary)}</summary>
<section>${description === undefined ? "" : `<p>${escaped(description)}</p>`}${security?.length === 0 ? "<p><small>For everybody.</small></p>" : ""}
${given.length === 0 ? "" : `<table>${given.join("")}</table>`}${requestBody === undefined ? "" : `<p>Takes ${media(requestBody.content)}</p>`}
<table>${answered.join("")}</table></section></details>`;
}

function media(content: Content["content"] = {}): string {
	return Object.entries(content)
		.map(([type, { schema }]) => `<small>${escaped(type)}</small>${schema === undefined ? "" : ` ${typeOf(schema)}`}`)
		.join(", ");
}

function fields({ properties = {}, required = [] }: Schema): string {
	const rows = Object.entries(properties).map(
		([name, schema]) =>
			`<tr><th scope="row"><code>${escaped(name)}</code>${required.includes(name) ? "" : "<br><small>may be missing</small>"}</th><td>${typeOf(schema)}${says(schema)}</td></tr>`,
	);
	return rows.length === 0 ? "" : `<table>${rows.join("")}</table>`;
}

function typeOf(schema: Schema): string {
	return `<span class="type">${named(schema)}</span>`;
}

function named({ $ref, type, format, enum: values, default: usual, items, anyOf, properties }: Schema): string {
	if ($ref !== undefined) {
		const name = escaped($ref.slice($ref.lastIndexOf("/") + 1));
		return `<a href="#form-${name}">${name}</a>`;
	}
	if (values !== undefined)
		return values.map((value) => `<code>${escaped(String(value))}</code>`).join(" | ") + or(usual);
	if (anyOf !== undefined && type === undefined) return anyOf.map(named).join(" or ");
	if (items !== undefined) return `list of ${named(items)}`;
	if (properties !== undefined) return `{ ${Object.keys(properties).map(escaped).join(", ")} }`;
	return escaped([format ?? [type ?? "anything"].flat().join(" or ")].join("")) + or(usual);
}

function or(usual: unknown): string {
	return usual === undefined ? "" : `, else <code>${escaped(String(usual))}</code>`;
}

function says({ description = "" }: Schema): string {
	return description === "" ? "" : `<br>${linked(description)}`;
}

/** Markdown's links, the only thing of it that the descriptions use. */
function linked(text: string): string {
	return escaped(text).replace(/\[([^\]]+)\]\((\/[\w/.-]*)\)/g, '<a href="$2">$1</a>');
}

function escaped(text: string): string {
	return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
