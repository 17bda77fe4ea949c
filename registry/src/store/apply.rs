//! The one way into the table: read, decide, write if nothing changed
//! meanwhile, and say in the history what became of it.

use super::{Registry, StoreError, items};
use crate::audit::{AuditEntry, Origin, Verdict};
use crate::lifecycle::{Begin, Change, Code, Decision, Input, Note, decide_and_begin};
use crate::notices::{self, Notice};
use crate::tenant::Tenant;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, TransactWriteItem};
use chrono::{DateTime, Utc};
use tenantry_events::ids::TenantId;

/// How often a decision is taken anew because another writer was faster.
const ATTEMPTS: u32 = 8;

/// How often what is to begin at once may meet another transaction, before it waits
/// for its turn instead: in a rush, many are at the count of what is under way.
const CONFLICTS: u32 = 3;

/// What became of an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The decision; a change in it is written.
    pub decision: Decision,
    /// The tenant afterwards; `None` if there still is none.
    pub tenant: Option<Tenant>,
}

/// What is to happen to a tenant.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Which tenant.
    pub id: TenantId,
    /// What happens.
    pub input: &'a Input,
    /// The operation that the tenant needs then, if it may begin at once: it does,
    /// in the same transaction, unless there is no capacity for it after all.
    pub begin: Option<Begin>,
    /// Who asked.
    pub origin: &'a Origin,
}

/// Why a transaction did not go through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lost {
    /// Another writer changed the tenant first.
    Race,
    /// Another transaction is at one of the items.
    Conflict,
    /// Another tenant holds the name.
    Name,
    /// Another tenant holds the registration id.
    Registration,
    /// There is no room for another operation in the deployment.
    Full,
    /// There is no room for another operation on tenants of the tier.
    TierFull,
}

impl Registry {
    /// Lets `input` happen to the tenant `id`, and records it in the history:
    /// the change and its history line in one transaction, under the condition
    /// that the tenant is still as it was when this was decided.
    ///
    /// Safe to repeat after any failure: a change that was written and not
    /// answered is found to be a duplicate the next time.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table does not answer; then the input may or may
    /// not have happened.
    pub async fn apply(
        &self,
        id: TenantId,
        input: &Input,
        origin: &Origin,
        now: DateTime<Utc>,
    ) -> Result<Applied, StoreError> {
        let seen = self.tenant(id).await?;
        self.apply_to(seen, Asked { id, input, begin: None, origin }, now).await
    }

    /// The same, given the tenant as it was read a moment ago; `None` if there was
    /// none. A change is written only if the tenant is still as it was seen.
    ///
    /// # Errors
    ///
    /// As [`Registry::apply`].
    pub async fn apply_to(
        &self,
        seen: Option<Tenant>,
        asked: Asked<'_>,
        now: DateTime<Utc>,
    ) -> Result<Applied, StoreError> {
        let Asked { id, input, mut begin, origin } = asked;
        let (mut tenant, mut conflicts) = (seen, 0);
        for _ in 0..ATTEMPTS {
            let mut decision = decide_and_begin(tenant.as_ref(), input, begin.as_ref(), now);
            if let Some(change) = decision.change() {
                let entry = entry(id, input, origin, now, &decision);
                let notices = notices::of_change(tenant.as_ref(), change)?;
                let lost = self.write(tenant.as_ref(), change, &entry, &notices).await?;
                match lost {
                    None => {
                        let tenant = Some(change.tenant.clone());
                        return Ok(Applied { decision, tenant });
                    }
                    // What was to begin at once waits for its turn instead.
                    Some(Lost::Full | Lost::TierFull) if begin.take().is_some() => continue,
                    Some(Lost::Race | Lost::Conflict) => {
                        conflicts += u32::from(lost == Some(Lost::Conflict));
                        begin = begin.filter(|_| conflicts < CONFLICTS);
                        tenant = self.tenant(id).await?;
                        continue;
                    }
                    Some(Lost::Name) => decision = Decision::Refused(name_taken()),
                    Some(Lost::Registration) => decision = Decision::Refused(registration_taken()),
                    Some(Lost::Full) => decision = Decision::Refused(full(Code::Full)),
                    Some(Lost::TierFull) => decision = Decision::Refused(full(Code::TierFull)),
                }
            }
            let mut entry = entry(id, input, origin, now, &decision);
            if let (None, Some(tenant)) = (&entry.tenant_registration_id, &tenant) {
                entry.tenant_registration_id = Some(tenant.tenant_registration_id.to_string());
            }
            // A step that is no longer due is routine, not something that was asked.
            // Nor is an answer that comes again in a moment.
            let again = matches!(&decision, Decision::Stale(note) if note.code == Code::NotYet);
            let asked = !matches!(input, Input::Begin(_)) && !again;
            if asked && (tenant.is_some() || matches!(input, Input::Onboard(_))) {
                self.record(&entry).await?;
            }
            return Ok(Applied { decision, tenant });
        }
        Err(StoreError::Contended(ATTEMPTS))
    }

    /// Adds a line to a tenant's history, of a request that changed nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table does not answer.
    pub async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let notices = notices::of_refusal(entry)?;
        if !notices.is_empty() && self.tell(entry, &notices).await? {
            return Ok(());
        }
        let item = items::audit_item(entry, &[])?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        // A change that was written, and whose answer was lost, has its line:
        // it must not be replaced by one that knows of no change.
        match put.condition_expression("attribute_not_exists(tenantId)").send().await {
            Err(error)
                if matches!(
                    error.as_service_error(),
                    Some(PutItemError::ConditionalCheckFailedException(_))
                ) =>
            {
                Ok(())
            }
            other => Ok(other.map(drop)?),
        }
    }

    /// Adds the line of a refusal with its event, unless the same request's
    /// refusal was told before: an event has one content under its id, however
    /// often, and at what different times, the request is refused.
    async fn tell(&self, entry: &AuditEntry, notices: &[Notice]) -> Result<bool, StoreError> {
        let built = |error: BuildError| StoreError::Rejected(error.to_string());
        let line = Put::builder().table_name(&self.table).set_item(Some(items::audit_item(entry, notices)?));
        let told = Put::builder().table_name(&self.table).set_item(Some(items::told_key(entry)));
        let told = told.condition_expression("attribute_not_exists(tenantId)");
        let writes = vec![transact(line.build().map_err(built)?), transact(told.build().map_err(built)?)];
        let sent = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        let Err(error) = sent else { return Ok(true) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        {
            let reasons = cancelled.cancellation_reasons();
            if reasons.get(1).and_then(CancellationReason::code) == Some("ConditionalCheckFailed") {
                return Ok(false);
            }
            return Err(cancelled_for(reasons));
        }
        Err(error.into())
    }

    async fn write(
        &self,
        before: Option<&Tenant>,
        change: &Change,
        entry: &AuditEntry,
        notices: &[Notice],
    ) -> Result<Option<Lost>, StoreError> {
        let writes = self.writes(before, change, entry, notices)?;
        let (meanings, items): (Vec<_>, Vec<_>) = writes.into_iter().unzip();
        let sent = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        let Err(error) = sent else { return Ok(None) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        {
            return lost(&meanings, cancelled.cancellation_reasons()).map(Some);
        }
        Err(error.into())
    }

    /// The writes of a change, each with what it means if its condition does not
    /// hold.
    fn writes(
        &self,
        before: Option<&Tenant>,
        change: &Change,
        entry: &AuditEntry,
        notices: &[Notice],
    ) -> Result<Vec<(Option<Lost>, TransactWriteItem)>, StoreError> {
        let built = |error: BuildError| StoreError::Rejected(error.to_string());
        let put = Put::builder().table_name(&self.table).set_item(Some(items::tenant_item(&change.tenant)?));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(tenantId)"),
            Some(before) => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", serde_dynamo::to_attribute_value(before.version)?),
        };
        let mut writes = vec![(Some(Lost::Race), transact(put.build().map_err(built)?))];
        writes.extend(self.claim_writes(change).map_err(built)?);
        writes.extend(self.capacity_writes(change).map_err(built)?);
        if let Some(operation) = &change.operation {
            let update = self.operation_update(change.tenant.tenant_id, operation)?;
            writes.push((None, TransactWriteItem::builder().update(update).build()));
        }
        let line = Put::builder().table_name(&self.table).set_item(Some(items::audit_item(entry, notices)?));
        writes.push((None, transact(line.build().map_err(built)?)));
        // A change that is accepted and delivered again may be overtaken by then:
        // it has had its answer.
        if notices::is_change(entry) {
            let told = Put::builder().table_name(&self.table).set_item(Some(items::told_key(entry)));
            writes.push((None, transact(told.build().map_err(built)?)));
        }
        Ok(writes)
    }
}

/// The history line of a decision.
fn entry(
    id: TenantId,
    input: &Input,
    origin: &Origin,
    now: DateTime<Utc>,
    decision: &Decision,
) -> AuditEntry {
    let (verdict, note) = match decision {
        Decision::Change(_) => (Verdict::Accepted, None),
        Decision::Duplicate(note) | Decision::Noted(_, note) => (Verdict::Duplicate, Some(note)),
        Decision::Stale(note) => (Verdict::Stale, Some(note)),
        Decision::Refused(note) => (Verdict::Refused, Some(note)),
    };
    let change = decision.change();
    let reason = note.map(|note| &note.reason).or(change.map(|change| &change.summary));
    let registration = match input {
        Input::Onboard(request) => Some(request.tenant_registration_id.to_string()),
        _ => None,
    };
    AuditEntry {
        tenant_id: id,
        at: now,
        origin: origin.clone(),
        verdict,
        code: note.map(|n| n.code.to_string()),
        reason: reason.cloned().unwrap_or_default(),
        tenant_registration_id: registration,
        tenant_version: change.map(|change| change.tenant.version),
    }
}

fn transact(put: Put) -> TransactWriteItem {
    TransactWriteItem::builder().put(put).build()
}

/// What the first condition that failed means, in the order of the writes; an
/// error if none did.
fn lost(meanings: &[Option<Lost>], reasons: &[CancellationReason]) -> Result<Lost, StoreError> {
    let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
    let mut failed = meanings.iter().zip(reasons).filter(|(_, reason)| failed(reason));
    let first = failed.find_map(|(meaning, _)| *meaning);
    // What is not there any more, or not free, may be so only because of the other
    // transaction, whose outcome nobody knows yet.
    let conflict = reasons.iter().any(|reason| reason.code() == Some("TransactionConflict"));
    match first {
        Some(lost @ (Lost::Race | Lost::Name | Lost::Registration)) => Ok(lost),
        _ if conflict => Ok(Lost::Conflict),
        Some(lost @ (Lost::Full | Lost::TierFull | Lost::Conflict)) => Ok(lost),
        None => Err(cancelled_for(reasons)),
    }
}

/// The error of a transaction that was cancelled for none of its conditions.
fn cancelled_for(reasons: &[CancellationReason]) -> StoreError {
    let other = reasons.iter().find(|reason| reason.code().is_some_and(|code| code != "None"));
    let (code, message) = other.map_or(("TransactionCanceled", ""), |reason| {
        (reason.code().unwrap_or_default(), reason.message().unwrap_or_default())
    });
    StoreError::of_code(code, message)
}

/// How the other tenant spells its name is its own business.
fn name_taken() -> Note {
    Note {
        code: Code::NameTaken,
        reason: "`tenantName` must differ from every live tenant's, and the name that was asked for is \
                 another one's, in this spelling or one that counts as the same"
            .to_owned(),
    }
}

fn full(code: Code) -> Note {
    Note { code, reason: "there is no room for another operation; it waits for its turn".to_owned() }
}

fn registration_taken() -> Note {
    Note {
        code: Code::RegistrationTaken,
        reason: "`tenantRegistrationId` must be of one tenant only, and is another tenant's".to_owned(),
    }
}
