//! The screen as text, in 80 columns and 24 lines, held to golden files.

use super::super::keys::Asking;
use super::super::overview::tests::summary;
use super::super::{Snapshot, View};
use super::*;
use crate::commands::tenant::watch::graph::Graph;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;
use tenantry_events::name::EventName;
use tenantry_operations::timeline::StateRun;
use tenantry_registry::tenant::{Status, Tenant};

const PROVISION: &str = include_str!("../../../../../../statemachines/provision-silo.asl.json");
const REASON: &str = "Table (AWS::DynamoDB::Table): Subscriber limit exceeded: the account has 2500 tables";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_600_000 + second, 0).unwrap_or_default()
}

/// The text of the screen.
fn drawn(view: &View, width: u16, height: u16) -> String {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| draw(frame, view));
    let lines = terminal.backend().to_string();
    lines.lines().map(|line| line.trim_matches('"').trim_end()).collect::<Vec<_>>().join("\n")
}

/// A tenant whose provisioning failed, among others.
fn failed() -> Option<View> {
    let tenants = [
        ("Acme", Status::ProvisionFailed, 34),
        ("Globex", Status::Provisioning, 20),
        ("Initech", Status::Active, 0),
    ];
    let mut tenants: Vec<TenantSummary> = tenants
        .into_iter()
        .filter_map(|(name, status, second)| summary(name, status, at(second).timestamp()))
        .collect();
    tenants.first_mut()?.attention = Some(format!("Deploy (BuildFailed): {REASON}"));
    let snapshot = Snapshot {
        overview: super::super::Overview { tenants, has_more: false, at: at(95) },
        details: details(),
    };
    Some(View { snapshot, ..View::default() })
}

fn details() -> Option<Details> {
    let failure = json!({
        "code": "BuildFailed", "step": "Deploy", "reason": REASON, "attempt": 1, "retryable": true,
    });
    let event = "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11";
    let request = json!({ "eventId": event, "correlationId": event, "at": at(0) });
    let tenant: Tenant = serde_json::from_value(json!({
        "tenantId": event, "tenantRegistrationId": event, "tenantName": "Acme",
        "email": "admin@acme.example", "tier": "platinum", "plan": "silo",
        "desired": "active", "generation": 1, "attempt": 1, "request": request, "onboardedBy": event,
        "status": "ProvisionFailed", "failure": failure, "createdAt": at(0), "updatedAt": at(34), "version": 3,
    }))
    .ok()?;
    let operation: Operation = serde_json::from_value(json!({
        "id": "1-1", "kind": "provision", "state": "failed", "correlationId": event, "failure": failure,
        "startedAt": at(1), "endedAt": at(34),
    }))
    .ok()?;
    let asked = serde_json::from_value(json!({
        "tenantId": event, "at": at(0), "eventId": event, "correlationId": event,
        "action": "onboardingRequest", "actor": "sbt.control.plane", "verdict": "accepted",
        "reason": "onboarding accepted", "tenantVersion": 1,
    }))
    .ok()?;
    let run = |state: &str, from: i64, to: Option<i64>, attempts, error: Option<&str>| StateRun {
        state: state.to_owned(),
        entered_at: at(from),
        exited_at: to.map(at),
        milliseconds: to.map(|to| (to - from) * 1_000),
        attempts,
        error: error.map(str::to_owned),
    };
    let runs = vec![
        run("Deploy", 1, Some(21), 2, Some("States.TaskFailed")),
        run("CleanUp", 21, Some(33), 1, None),
        run("RecordFailure", 33, Some(34), 1, None),
        run("ProvisionFailed", 34, None, 0, None),
    ];
    let graph = Graph::read(PROVISION)?.rows(&runs, false);
    let log = (1..=30).map(|line| format!("line {line} of the build")).collect();
    let activities = vec![Activity::Audit(asked), Activity::Operation(operation)];
    Some(Details { tenant, place: None, runs, graph, activities, log })
}

#[test]
fn the_fixture_is_whole() {
    assert!(failed().is_some_and(|view| view.snapshot.details.is_some()));
}

#[test]
fn the_root_cause_is_on_the_first_screen() {
    let text = drawn(&failed().unwrap_or_default(), 80, 24);
    assert!(text.contains("Subscriber limit exceeded"), "{text}");
    insta::assert_snapshot!("failed", text);
}

#[test]
fn a_suspension_is_asked_about() {
    let view = View { asking: Some(Asking(EventName::DeactivateRequest)), ..failed().unwrap_or_default() };
    let text = drawn(&view, 80, 24);
    assert_eq!(text.lines().last(), Some("suspend Acme? y: yes, any other key: no"));
}

#[test]
fn an_old_picture_says_so() {
    let trouble = Some("the registry cannot be reached".to_owned());
    let text = drawn(&View { trouble, ..failed().unwrap_or_default() }, 80, 24);
    assert_eq!(text.lines().last(), Some("not up to date: the registry cannot be reached"));
}

#[test]
fn the_keys_are_explained() {
    let text = drawn(&View { has_help: true, ..failed().unwrap_or_default() }, 80, 24);
    insta::assert_snapshot!("help", text);
}

#[test]
fn no_tenants_is_an_invitation() {
    let mut view = View::default();
    view.snapshot.overview.at = at(0);
    assert!(drawn(&view, 80, 24).contains("tenantry tenant onboard"), "{}", drawn(&view, 80, 24));
}

#[test]
fn it_can_be_drawn_in_any_size() {
    for (width, height) in [(1, 1), (20, 5), (40, 12), (200, 60)] {
        let _ = drawn(&failed().unwrap_or_default(), width, height);
    }
}

/// Whatever is in a reason, a log or an error, the screen shows it as text.
#[test]
fn what_steers_a_terminal_is_drawn_as_text() {
    let hostile = "<\u{1b}[2J\u{9b}1A\u{7f}\r\u{202e}\u{3164}\u{ad}\u{e0041}>";
    let mut view = failed().unwrap_or_default();
    view.snapshot.overview.tenants.iter_mut().for_each(|it| it.attention = Some(hostile.to_owned()));
    if let Some(details) = &mut view.snapshot.details {
        details.log = vec![hostile.to_owned()];
        details.tenant.failure.iter_mut().for_each(|failure| failure.reason = hostile.to_owned());
        details.runs.iter_mut().for_each(|run| run.error = Some(hostile.to_owned()));
    }
    for (said, trouble) in [(None, None), (Some(hostile.to_owned()), None), (None, Some(hostile.to_owned()))]
    {
        view.said = said;
        view.trouble = trouble;
        let screen = drawn(&view, 200, 50);
        assert!(screen.contains("<\\u{1b}[2J\\u{9b}1A"), "{screen}");
        let left = screen.lines().map(shown).collect::<Vec<_>>().join("\n");
        assert_eq!(left, screen);
    }
}
