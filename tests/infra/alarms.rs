//! Alarms: for what a person must act on, and always telling someone.

use crate::support::{control_plane, literals};
use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_tests::template::{list, named, of_type};
use tenantry_tests::workspace;

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
/// gives up, requests that are not served.
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
    places.extend(of_type(&template, "AWS::ApiGatewayV2::Api").into_keys().map(|api| ("5xx", api)));
    assert_eq!(watched, places);
}

/// A tenant of which something may be left calls a person, and an alarm on a
/// metric of ours hears what the function really counts, under its own name.
#[test]
fn alarms_on_our_own_metrics_hear_what_is_counted() {
    let template = control_plane();
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    let ours: Vec<_> = alarms.values().filter(|alarm| alarm["Namespace"] == "Tenantry").collect();
    for metric in ["NeedsPerson", "WaitsForCapacity"] {
        assert!(ours.iter().any(|alarm| alarm["MetricName"] == metric), "{metric}");
    }
    let serve = workspace::read("handlers/src/shared/runtime.rs");
    assert!(
        serve.contains("cloudwatch_namespace(\"Tenantry\")") && serve.contains("with_dimension(\"Function\"")
    );
    for alarm in ours {
        let dimensions = list(&alarm["Dimensions"]);
        assert_eq!((dimensions.len(), &dimensions[0]["Name"]), (1, &Value::from("Function")), "{alarm}");
        let function = dimensions[0]["Value"].as_str().expect("a function's name");
        let binary = workspace::read(&format!("handlers/src/bin/{function}.rs"));
        assert!(binary.contains(&format!("serve(\"{function}\"")), "{function} has another name");
        let module = workspace::read(&format!("handlers/src/{}.rs", function.replace('-', "_")));
        let metric = alarm["MetricName"].as_str().expect("a metric");
        assert!(
            literals(&module, metric).contains(&metric) && module.contains("metrics::counter!("),
            "{metric}"
        );
    }
}
