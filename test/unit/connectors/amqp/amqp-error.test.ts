import { expect, it } from "vitest";
import { amqpError } from "#connectors/amqp/amqp-error.ts";

it("a queue whose node is down is told with what to do where it never comes back; it is tried again meanwhile", () => {
	const told = `Operation failed: QueueDeclare; 404 (NOT-FOUND) with message "NOT_FOUND - home node 'rabbit@a' of durable queue 'watchrabbit.files' in vhost '/lab' is down or inaccessible"`;
	const error = amqpError(Object.assign(new Error(told), { code: 404 }));
	expect(error).toMatchObject({ code: "BROKER_QUEUE_DOWN", class: "transient" });
	expect(error.fix).toContain(
		`rabbitmqctl eval 'rabbit_amqqueue:internal_delete(rabbit_misc:r(<<"/lab">>, queue, <<"watchrabbit.files">>), <<"admin">>).'`,
	);
});
