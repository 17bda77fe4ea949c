//! What must be true of a control plane, whatever happened to it: one function
//! for every harness. It takes a picture, which is plain data, and says in
//! words what is wrong with it.

mod events;
mod executions;
mod external;
mod picture;
mod records;
mod stacks;
mod users;

pub use picture::{Answered, Execution, Line, Picture, PlaneSeen, Published, Stage};

/// What is wrong with the picture, in words; empty if nothing is.
///
/// * The records agree with each other: the tenant, its operations, its
///   history, the counts of what is under way; no two live tenants share a
///   name or a registration.
/// * The executions agree with the records: none without its operation, and
///   once it is quiet, none runs whose operation is over, and one runs for each
///   operation that is open.
/// * Each live tenant has its stack, and nobody else has one, unless the
///   tenant's failure says that something may be left.
/// * Each published event has one content under its id, and follows from a line
///   of the history; an accepted request has one outcome, not two; once it is
///   quiet, it has one, the changes of status make one chain, and nothing is
///   unpublished.
/// * An external application plane is handed each operation over once, and nothing
///   else; what succeeds is what it has answered; and nothing waits for a clean-up
///   that nobody runs.
/// * Nothing is open past its deadline by more than one sweep; and when all is
///   over, every tenant is as wished, or its record says why not.
#[must_use]
pub fn broken(picture: &Picture) -> Vec<String> {
    let mut wrong = Vec::new();
    records::check(picture, &mut wrong);
    executions::check(picture, &mut wrong);
    stacks::check(picture, &mut wrong);
    users::check(picture, &mut wrong);
    events::check(picture, &mut wrong);
    external::check(picture, &mut wrong);
    wrong
}
