import { fastify } from "fastify";

/** Bare Fastify that gives the text which it is told first, as JSON, at any path; says where. */
process.once("message", async (text: string) => {
	const app = fastify();
	app.get("/*", (_request, reply) => reply.type("application/json; charset=utf-8").send(text));
	process.send?.(await app.listen({ host: "127.0.0.1", port: 0 }));
});
process.once("disconnect", () => process.exit());
