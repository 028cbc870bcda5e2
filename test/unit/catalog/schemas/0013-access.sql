CREATE TRIGGER audit_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER audit_not_replaced BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)
		BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER audit_not_updated BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER job_made AFTER INSERT ON jobs BEGIN INSERT INTO job_counts VALUES (NEW.state, NEW.pool, NEW.pipeline, 1) ON CONFLICT DO UPDATE SET jobs = jobs + 1; END;
CREATE TRIGGER job_moved AFTER UPDATE OF state, pool, pipeline ON jobs BEGIN UPDATE job_counts SET jobs = jobs - 1 WHERE state = OLD.state AND pool = OLD.pool AND pipeline = OLD.pipeline; INSERT INTO job_counts VALUES (NEW.state, NEW.pool, NEW.pipeline, 1) ON CONFLICT DO UPDATE SET jobs = jobs + 1; END;
CREATE TRIGGER job_removed AFTER DELETE ON jobs BEGIN UPDATE job_counts SET jobs = jobs - 1 WHERE state = OLD.state AND pool = OLD.pool AND pipeline = OLD.pipeline; END;
CREATE TABLE "acquisition_jobs" ("acquisition" text not null, "job" text not null, "pipeline" text not null, "seq" bigint not null, constraint "acquisition_jobs_pk" primary key ("acquisition", "job"));
CREATE TABLE "acquisition_members" ("acquisition" text not null, "position" integer not null, "path" text not null, "path_hash" text not null, "size" bigint not null, "sha256" text not null, "mtime_ns" text not null, "ctime_ns" text not null, "inode" text not null, constraint "acquisition_members_pk" primary key ("acquisition", "position"));
CREATE TABLE "acquisitions" ("id" text not null, "source" text not null, "key" text not null, "key_hash" text not null, "kind" text not null, "version" integer not null, "superseded_by" text, "captures" text not null, "incomplete" text, "root" text not null, "bytes" bigint not null, "digest" text not null, "acquired_at" bigint not null, "settled_at" bigint not null, "created_at" bigint not null, "note" text, "traceparent" text not null, "standing" text, constraint "acquisitions_pk" primary key ("id"));
CREATE TABLE "arrivals" ("event" text not null, "acquisition" text not null, "awaits" text, constraint "arrivals_pk" primary key ("event"));
CREATE TABLE "artifacts" ("result" text not null, "position" integer not null, "name" text not null, "media_type" text not null, "size" bigint not null, "sha256" text not null, constraint "artifacts_pk" primary key ("result", "position"));
CREATE TABLE "asides" ("entity" text not null, "at" bigint not null, "what" text not null, "detail" text not null, constraint "asides_pk" primary key ("entity"));
CREATE TABLE "attempts" ("job" text not null, "token" bigint not null, "seq" bigint not null, "number" integer not null, "worker" text not null, "started_at" bigint not null, "ended_at" bigint, "outcome" text, "cause" text, "log" text, "seconds" double precision, "began_at" bigint, "run" text, constraint "attempts_pk" primary key ("job", "token"));
CREATE TABLE "audit" ("seq" bigint not null, "at" bigint not null, "actor" text not null, "action" text not null, "target" text not null, "why" text, "detail" text, "request" text, "previous" text not null, "hash" text not null, constraint "audit_pk" primary key ("seq"));
CREATE TABLE "departed" ("room" text not null, "key_hash" text not null, "id_hash" text not null, constraint "departed_pk" primary key ("room", "key_hash", "id_hash"));
CREATE TABLE "history" ("seq" bigint not null, "at" bigint not null, "entity" text not null, "what" text not null, "detail" text not null, constraint "history_pk" primary key ("seq"));
CREATE TABLE job_counts (
			state TEXT NOT NULL, pool TEXT NOT NULL, pipeline TEXT NOT NULL, jobs INTEGER NOT NULL,
			PRIMARY KEY (state, pool, pipeline)
		) WITHOUT ROWID;
CREATE TABLE "jobs" ("id" text not null, "pipeline" text not null, "source" text not null, "pool" text not null, "state" text not null, "priority" integer not null, "attempts_used" integer not null, "attempts_allowed" integer not null, "losses" integer not null, "backoff_ms" bigint not null, "max_backoff_ms" bigint not null, "wake_at" bigint, "acquisition" text not null, "analysis_file" text not null, "analysis_digest" text not null, "params" text not null, "timeout_ms" bigint not null, "lease_owner" text, "token" bigint not null, "result" text, "cause" text, "created_at" bigint not null, "updated_at" bigint not null, "traceparent" text not null, "progress" text, "promised" integer default 0 not null, constraint "jobs_pk" primary key ("id"));
CREATE TABLE "leases" ("name" text not null, "owner" text, "token" bigint not null, "until" bigint not null, constraint "leases_pk" primary key ("name"));
CREATE TABLE "measurements" ("result" text not null, "position" integer not null, "name" text not null, "value" double precision, "text" text, "unit" text not null, "lower" double precision, "upper" double precision, constraint "measurements_pk" primary key ("result", "position"));
CREATE TABLE "offsets" ("log" text not null, "position" bigint not null, "mark" text, "begun" bigint default 0 not null, constraint "offsets_pk" primary key ("log"));
CREATE TABLE "outbox" ("seq" bigint not null, "pool" text not null, "job" text not null, "priority" integer not null, "traceparent" text not null, constraint "outbox_pk" primary key ("seq"));
CREATE TABLE "outcomes" ("seq" bigint not null, "at" bigint not null, "acquisition" text not null, "kind" text not null, "detail" text not null, "again_at" bigint, constraint "outcomes_pk" primary key ("seq"));
CREATE TABLE "results" ("id" text not null, "job" text not null, "pipeline" text not null, "source" text not null, "acquisition" text not null, "state" text not null, "superseded_by" text, "tables" text not null, "seconds" double precision not null, "completed_at" bigint not null, "manifest_key" text not null, "manifest_sha256" text not null, "token" bigint not null, constraint "results_pk" primary key ("id"));
CREATE TABLE "strays" ("seq" bigint not null, "job" text not null, "token" bigint not null, constraint "strays_pk" primary key ("seq"));
CREATE TABLE "waiting" ("room" text not null, "key_hash" text not null, "id_hash" text not null, "seq" bigint not null, "key" text not null, "id" text not null, "value" text not null, "since" bigint not null, "due_at" bigint not null, "passed" integer not null, constraint "waiting_pk" primary key ("room", "key_hash", "id_hash"));
CREATE TABLE "writer" ("id" integer not null, "turn" bigint not null, constraint "writer_pk" primary key ("id"));
CREATE INDEX "acquisition_jobs_by_job_seq" on "acquisition_jobs" ("job", "seq");
CREATE INDEX "acquisition_members_by_path_hash" on "acquisition_members" ("path_hash");
CREATE INDEX "acquisitions_by_created_at_id" on "acquisitions" ("created_at", "id");
CREATE INDEX "acquisitions_by_digest" on "acquisitions" ("digest");
CREATE UNIQUE INDEX "acquisitions_by_key_hash_source_version" on "acquisitions" ("key_hash", "source", "version");
CREATE INDEX "acquisitions_by_source_created_at_id" on "acquisitions" ("source", "created_at", "id");
CREATE INDEX "artifacts_by_sha256" on "artifacts" ("sha256");
CREATE INDEX "history_by_entity_seq" on "history" ("entity", "seq");
CREATE INDEX "jobs_by_created_at_id" on "jobs" ("created_at", "id");
CREATE INDEX "jobs_by_pipeline_created_at_id" on "jobs" ("pipeline", "created_at", "id");
CREATE INDEX "jobs_by_source_created_at_id" on "jobs" ("source", "created_at", "id");
CREATE INDEX "jobs_by_state_created_at_id" on "jobs" ("state", "created_at", "id");
CREATE INDEX "jobs_by_wake_at" on "jobs" ("wake_at");
CREATE INDEX jobs_unfinished ON jobs (state, pool, pipeline, updated_at)
		WHERE state IN ('created', 'validated', 'queued', 'running', 'failed');
CREATE INDEX "measurements_by_name_result" on "measurements" ("name", "result");
CREATE INDEX "outbox_by_job" on "outbox" ("job");
CREATE INDEX "results_by_acquisition" on "results" ("acquisition");
CREATE INDEX "results_by_completed_at_id" on "results" ("completed_at", "id");
CREATE INDEX "results_by_job" on "results" ("job");
CREATE INDEX "results_by_pipeline_completed_at_id" on "results" ("pipeline", "completed_at", "id");
CREATE INDEX "results_by_source_completed_at_id" on "results" ("source", "completed_at", "id");
CREATE INDEX "results_by_state_completed_at_id" on "results" ("state", "completed_at", "id");
CREATE INDEX "waiting_by_room_passed_due_at" on "waiting" ("room", "passed", "due_at");
