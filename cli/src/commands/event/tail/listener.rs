//! A queue behind a rule on the tenant bus.

use crate::clients::Deployment;
use crate::error::{CliError, Result, aws};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use chrono::Utc;
use serde_json::{Value, json};
use uuid::Uuid;

/// What a listener that was killed left behind is removed by the next one,
/// after so many seconds.
const LEFT_BEHIND: i64 = 86_400;

/// What listens; [`Listener::end`] removes it.
#[derive(Debug)]
pub(in crate::commands::event) struct Listener<'a> {
    deployment: &'a Deployment,
    name: String,
    queue: String,
}

impl<'a> Listener<'a> {
    /// Begins to listen for the events that match `pattern`.
    pub(in crate::commands::event) async fn begin(
        deployment: &'a Deployment,
        pattern: &Value,
    ) -> Result<Self> {
        sweep(deployment).await?;
        let unique = Uuid::new_v4().simple().to_string();
        let name = format!("{}{}-{}", prefix(deployment), Utc::now().timestamp(), &unique[..8]);
        let call = deployment.queues.create_queue().queue_name(&name);
        let call = call.attributes(QueueAttributeName::MessageRetentionPeriod, "300");
        let made = call.send().await.map_err(aws("cannot create the queue to listen with"))?;
        let queue = made.queue_url.ok_or_else(|| CliError::Failed("the new queue has no URL".to_owned()))?;
        let listener = Self { deployment, name, queue };
        match listener.connect(pattern).await {
            Ok(()) => Ok(listener),
            Err(error) => {
                // The first error is the one to tell of.
                let _ = listener.end().await;
                Err(error)
            }
        }
    }

    /// The name of its rule and of its queue.
    pub(in crate::commands::event) fn name(&self) -> &str {
        &self.name
    }

    async fn connect(&self, pattern: &Value) -> Result {
        let rule = self.deployment.events.put_rule().name(&self.name).event_bus_name(&self.deployment.bus);
        let rule = rule.event_pattern(pattern.to_string());
        let rule = rule.description("`tenantry event tail`; removed when it ends").send().await;
        let rule = rule.map_err(aws("cannot create the rule to listen with"))?;
        let call = self.deployment.queues.get_queue_attributes().queue_url(&self.queue);
        let call = call.attribute_names(QueueAttributeName::QueueArn).send().await;
        let found = call.map_err(aws("cannot read the queue to listen with"))?;
        let arn = found.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn)).cloned();
        let arn = arn.ok_or_else(|| CliError::Failed("the new queue has no ARN".to_owned()))?;
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "events.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": { "ArnEquals": { "aws:SourceArn": rule.rule_arn } },
            }],
        });
        let call = self.deployment.queues.set_queue_attributes().queue_url(&self.queue);
        let call = call.attributes(QueueAttributeName::Policy, policy.to_string()).send().await;
        call.map_err(aws("the queue's policy cannot be set"))?;
        let target = Target::builder().id("tail").arn(arn).build();
        let target = target.map_err(|error| CliError::Failed(error.to_string()))?;
        let call = self.deployment.events.put_targets().rule(&self.name).targets(target);
        let call = call.event_bus_name(&self.deployment.bus).send().await;
        call.map_err(aws("the rule's target cannot be set"))?;
        Ok(())
    }

    /// The events that have come; waits a while for the first.
    pub(in crate::commands::event) async fn next(&self) -> Result<Vec<Value>> {
        let call = self.deployment.queues.receive_message().queue_url(&self.queue);
        let call = call.max_number_of_messages(10).wait_time_seconds(5).send().await;
        let received = call.map_err(aws("the queue cannot be read"))?;
        let mut events = Vec::new();
        for message in received.messages.unwrap_or_default() {
            if let Some(handle) = &message.receipt_handle {
                let call = self.deployment.queues.delete_message().queue_url(&self.queue);
                let call = call.receipt_handle(handle).send().await;
                call.map_err(aws("the queue cannot be read"))?;
            }
            events.extend(message.body.and_then(|body| serde_json::from_str(&body).ok()));
        }
        Ok(events)
    }

    /// Removes the rule and the queue.
    pub(in crate::commands::event) async fn end(&self) -> Result {
        let rule = remove_rule(self.deployment, &self.name).await;
        let queue = self.deployment.queues.delete_queue().queue_url(&self.queue).send().await;
        rule?;
        queue.map(|_| ()).map_err(aws("cannot delete the queue to listen with"))
    }
}

/// Removes what a listener left that was killed a day or longer ago.
async fn sweep(deployment: &Deployment) -> Result {
    let prefix = prefix(deployment);
    let call = deployment.events.list_rules().event_bus_name(&deployment.bus).name_prefix(&prefix);
    let found = call.send().await.map_err(aws("cannot listen to the bus"))?;
    let now = Utc::now().timestamp();
    for name in found.rules().iter().filter_map(|rule| rule.name()) {
        let begun = name.strip_prefix(&prefix).and_then(|rest| rest.split('-').next()?.parse::<i64>().ok());
        if begun.is_some_and(|begun| now - begun > LEFT_BEHIND) {
            remove_rule(deployment, name).await?;
            if let Ok(queue) = deployment.queues.get_queue_url().queue_name(name).send().await
                && let Some(url) = queue.queue_url
            {
                let call = deployment.queues.delete_queue().queue_url(url).send().await;
                call.map_err(aws("cannot delete an old queue"))?;
            }
        }
    }
    Ok(())
}

async fn remove_rule(deployment: &Deployment, name: &str) -> Result {
    let call = deployment.events.remove_targets().rule(name).event_bus_name(&deployment.bus).ids("tail");
    let targets = call.send().await;
    let call = deployment.events.delete_rule().name(name).event_bus_name(&deployment.bus).send().await;
    targets.map_err(aws("the rule's target cannot be removed"))?;
    call.map(|_| ()).map_err(aws("cannot delete the rule to listen with"))
}

fn prefix(deployment: &Deployment) -> String {
    format!("{}-tail-", deployment.stack)
}
