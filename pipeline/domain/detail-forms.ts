import { z } from "zod";
import { acquisitionForm, attemptForm, historyForm, jobForm, resultForm, sha256 } from "./resource-forms.ts";

/** The forms of one thing whole: its resource, and what it went through. */

export const jobDetailForm = jobForm
	.extend({ attempts: z.array(attemptForm).readonly(), history: z.array(historyForm).readonly() })
	.meta({ id: "JobDetail", description: "A job with what it went through." });

export const acquisitionDetailForm = acquisitionForm
	.extend({
		jobs: z.array(jobForm.pick({ id: true, pipeline: true, state: true, result: true })).readonly(),
		history: z.array(historyForm).readonly(),
	})
	.meta({ id: "AcquisitionDetail", description: "An acquisition with its jobs and what it went through." });

export const resultDetailForm = resultForm
	.extend({
		supersededBy: z.string().nullable(),
		manifestSha256: sha256,
		history: z.array(historyForm).readonly(),
	})
	.meta({ id: "ResultDetail", description: "A result with the digest of its proof and what it went through." });
