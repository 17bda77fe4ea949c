//! End to end, on a local cloud as `tenantry local up` makes it: what a
//! publisher and an operator see.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accepted_means_done_or_answered;
mod api;
mod as_tight_as_its_consumers;
mod asked;
mod bad_input;
mod cancel;
mod cancellation;
mod cli;
mod demo;
mod duplicates;
mod endings;
mod external;
mod failure;
mod foreign;
mod local_cloud;
mod machines;
mod names_that_belong_to_us;
mod onboarding;
mod queue;
mod reasons_that_reach_people;
mod replay;
mod retry;
mod suspend;
mod verdicts;
mod whole_run;
