//! Alarms: for what a person must act on, and always telling someone.

use crate::support::control_plane;
use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_tests::template::{list, named, of_type};

/// Every alarm tells the topic, of its beginning and of its end, and says in
/// words what is the matter.
#[test]
fn every_alarm_tells_someone() {
    let template = control_plane();
    let topics = of_type(&template, "AWS::SNS::Topic");
    let tells = |actions: &Value| {
        let actions = list(actions);
        !actions.is_empty()
            && actions.iter().all(|topic| named(topic).is_some_and(|id| topics.contains_key(id)))
    };
    for (id, alarm) in of_type(&template, "AWS::CloudWatch::Alarm") {
        assert!(tells(&alarm["AlarmActions"]) && tells(&alarm["OKActions"]), "{id} tells nobody");
        assert!(alarm["AlarmDescription"].as_str().is_some_and(|text| text.len() > 20), "{id} says nothing");
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{id}");
    }
}

/// There is an alarm for every place where work can get stuck or lost: queues
/// that fill, machines that fail, streams that are behind, events that Lambda
/// gives up.
#[test]
fn every_place_where_work_can_get_lost_has_an_alarm() {
    let template = control_plane();
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    let watched = alarms.values().filter_map(|alarm| {
        Some((alarm["MetricName"].as_str()?, named(&list(&alarm["Dimensions"]).first()?["Value"])?))
    });
    let watched: BTreeSet<_> = watched.collect();
    let mut places = BTreeSet::new();
    places.extend(
        of_type(&template, "AWS::SQS::Queue").keys().map(|id| ("ApproximateNumberOfMessagesVisible", *id)),
    );
    for machine in of_type(&template, "AWS::Serverless::StateMachine").into_keys() {
        places.extend([("ExecutionsFailed", machine), ("ExecutionsTimedOut", machine)]);
    }
    for mapping in of_type(&template, "AWS::Lambda::EventSourceMapping").into_values() {
        places.extend(named(&mapping["FunctionName"]).map(|function| ("IteratorAge", function)));
    }
    for rule in of_type(&template, "AWS::Events::Rule").into_values() {
        let targets = list(&rule["Targets"]).into_iter().filter_map(|target| named(&target["Arn"]));
        // What a schedule gives up comes again; that it fails again and again is worth knowing.
        let metric = if rule["ScheduleExpression"].is_null() { "AsyncEventsDropped" } else { "Errors" };
        places.extend(targets.map(|function| (metric, function)));
    }
    assert_eq!(watched, places);
}
