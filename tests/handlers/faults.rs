//! The faults themselves: each does to a call what it says, and the matrix sees
//! what it must not overlook.

use crate::kit::{PENDING, live};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use tenantry_tests::builders::{foreign, platinum};
use tenantry_tests::faults::{Fault, Faulty, Plan, Span};
use tenantry_tests::world::World;

/// Puts an item; gives the error's code, or the kind of failure.
async fn put(world: &World, client: &Client) -> Result<(), String> {
    let key = |value: &str| AttributeValue::S(value.to_owned());
    let call = client.put_item().table_name(world.table()).item("tenantId", key("a"));
    let sent = call.item("record", key("TIER")).send().await;
    sent.map(|_| ()).map_err(|error| match error.code() {
        Some(code) => code.to_owned(),
        None => error.to_string(),
    })
}

/// What each fault does: what the caller sees, how many attempts the SDK makes,
/// and whether the service has done it by then, and at the end.
#[tokio::test]
async fn each_fault_does_what_it_says() {
    let (once, throughout) = (Span::Once, Span::Throughout);
    let cases = [
        (Fault::Refused, once, Some(Err("AccessDeniedException")), 1, false, false),
        (Fault::Throttled, once, Some(Ok(())), 2, true, true),
        (Fault::Throttled, throughout, Some(Err("ThrottlingException")), 3, false, false),
        (Fault::Broken, once, Some(Ok(())), 2, true, true),
        (Fault::Broken, throughout, Some(Err("InternalServerError")), 3, false, false),
        (Fault::NoAnswer, once, Some(Ok(())), 2, true, true),
        (Fault::NoAnswer, throughout, Some(Err("dispatch failure")), 3, false, false),
        (Fault::Unanswered, throughout, Some(Err("dispatch failure")), 3, true, true),
        (Fault::Late, once, Some(Ok(())), 2, true, true),
        (Fault::Late, throughout, Some(Err("dispatch failure")), 3, false, true),
        (Fault::KilledBefore, once, None, 1, false, false),
        (Fault::KilledAfter, once, None, 1, true, true),
    ];
    for (fault, span, seen, attempts, then, finally) in cases {
        let world = World::on_emulator().await;
        let faulty = Faulty::new();
        let config = aws_sdk_dynamodb::config::Builder::from(&faulty.config());
        let retries = aws_sdk_dynamodb::config::retry::RetryConfig::standard().with_max_attempts(3);
        let client = Client::from_conf(config.retry_config(retries).build());
        faulty.start(vec![Plan::at(0, (fault, span))]);
        let answer = faulty.run(put(&world, &client)).await;
        let seen = seen.map(|seen| seen.map_err(str::to_owned));
        assert_eq!(answer, seen, "{fault} {span}");
        assert!(faulty.all_met());
        let calls = faulty.calls();
        let places: Vec<_> = calls.iter().map(|call| (call.place, call.attempt)).collect();
        assert_eq!(places, (1..=attempts).map(|n| (0, n)).collect::<Vec<_>>(), "{fault} {span}");
        assert_eq!(world.items().await.len(), usize::from(then), "{fault} {span}");
        faulty.restart().await;
        assert_eq!(world.items().await.len(), usize::from(finally), "{fault} {span}");
        assert_eq!(put(&world, &client).await, Ok(()), "the next process has no fault");
        assert_eq!(faulty.calls().last().unwrap().place, 1);
    }
}

/// A late request arrives after the attempt that took its place.
#[tokio::test]
async fn a_late_request_arrives_after_the_next_one() {
    let world = World::on_emulator().await;
    let faulty = Faulty::new();
    let client = Client::new(&faulty.config());
    faulty.start(vec![Plan::at(0, (Fault::Late, Span::Once))]);
    put(&world, &client).await.unwrap();
    let calls = faulty.calls();
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(tenantry_tests::faults::Call::is_done), "both were done: {calls:?}");
}

/// Two worlds that went the same way are the same; a difference of one line,
/// one item or one message is seen, and a repetition more is allowed.
#[tokio::test]
async fn the_matrix_sees_what_differs() {
    let (world, other) = (World::new().await, World::new().await);
    live(&world, "acme", platinum(), PENDING).await;
    live(&other, "acme", platinum(), PENDING).await;
    let (state, same) = (world.state().await, other.state().await);
    assert_eq!(state.differs_from(&same), None);
    other.registry().put_tier(&foreign()).await.unwrap();
    assert!(state.differs_from(&other.state().await).unwrap().contains("items differ"));
    let mut changed = state.clone();
    changed.accepted.push("twice".to_owned());
    assert!(state.differs_from(&changed).unwrap().contains("accepted differ"));
    let mut changed = state.clone();
    changed.messages.insert("poison".to_owned());
    assert!(changed.differs_from(&state).unwrap().contains("messages differ"));
    let mut changed = state.clone();
    changed.repeated.insert("duplicate".to_owned());
    assert_eq!(changed.differs_from(&state), None);
    assert!(state.differs_from(&changed).unwrap().contains("repeated"));
}
