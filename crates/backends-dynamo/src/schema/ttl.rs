//! The time to live of a table: turned on, by the attribute of this library.

use aws_sdk_dynamodb::operation::update_time_to_live::UpdateTimeToLiveError;
use aws_sdk_dynamodb::types::{TimeToLiveDescription, TimeToLiveSpecification, TimeToLiveStatus};
use backends_core::driver::{DefineRequest, SchemaMode};
use backends_core::{Error, Reconciled, Result, Ttl, TtlHolds};

use super::Patience;
use super::table::{IN_THE_WAY, Table};
use crate::codec::EXPIRES;
use crate::retry::Effect;

/// Nothing is wrong meanwhile, so nobody has to wait for it.
const LATER: &str = "DynamoDB removes nothing that has expired yet, since it is still busy with a change of the table's time to live, for up to an hour: define the repository again then";

/// What to do about the time to live of a table.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// It is on, or will be by itself.
    Ready,
    TurnOn,
    /// It is on by the field of the records, as the Go package left it.
    TurnOff,
    /// The service is still busy with a change before.
    Later,
}

// DynamoDB: a table has one time to live, by one attribute; each change may take an hour, in which it takes no other.
fn next(seen: Option<&TimeToLiveDescription>, ttl: &Ttl) -> Result<Next> {
    let status = seen.and_then(TimeToLiveDescription::time_to_live_status);
    let attribute = seen.and_then(TimeToLiveDescription::attribute_name).unwrap_or_default();
    match status {
        Some(TimeToLiveStatus::Disabling) => Ok(Next::Later),
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) => match attribute {
            EXPIRES => Ok(Next::Ready),
            field if field == ttl.field() && ttl.holds() == TtlHolds::Expiry => Ok(Next::TurnOff),
            field if field == ttl.field() => Err(Error::definition_conflict(format!(
                "the time to live of the table is on by `{field}`, so that the field holds the end of a record: declare `ttlHolds` as `expiry`"
            ))),
            other => Err(Error::definition_conflict(format!(
                "the time to live of the table is on by `{other}`, which is not the TTL field: turn it off, or leave `enableTtl` out"
            ))),
        },
        _ => Ok(Next::TurnOn),
    }
}

impl Table<'_> {
    /// Turns the time to live on where records expire, by the attribute that each of them carries. One that is on by the
    /// field itself, where that holds the end, is taken over. It is not waited for: until it works, what has expired
    /// stays where it is, and nobody sees it.
    ///
    /// # Errors
    /// `DefinitionConflict` if it is on by another attribute, or is off and may not be turned on.
    pub(super) async fn ensure_ttl(&self, request: &DefineRequest, reconciled: &Reconciled) -> Result<()> {
        let (Some(ttl), mode) = (reconciled.merged.ttl(), request.mode) else { return Ok(()) };
        let mut patience = Patience::new();
        loop {
            let seen = match self.look_at_ttl().await {
                // Who may only read and write records cannot look.
                Err(error) if error.is_permission_denied() && mode == SchemaMode::Verify => return Ok(()),
                seen => seen?,
            };
            let turns_on = match next(seen.as_ref(), ttl).map_err(|error| error.with_context("table", &self.name))? {
                Next::Ready => return Ok(()),
                Next::Later => {
                    self.context.warn(LATER);
                    return Ok(());
                }
                _ if mode == SchemaMode::Verify => {
                    return Err(DefineRequest::missing(&format!("the time to live of the table by `{EXPIRES}`")));
                }
                Next::TurnOn => true,
                Next::TurnOff => false,
            };
            match self.turn_ttl(if turns_on { EXPIRES } else { ttl.field() }, turns_on).await {
                Ok(()) if turns_on => return Ok(()),
                Ok(()) => {}
                Err(error) => match refusal(&error) {
                    Some(Refusal::TooSoon) => {
                        self.context.warn(LATER);
                        return Ok(());
                    }
                    Some(Refusal::InTheWay) => {}
                    None => return Err(error),
                },
            }
            patience.wait(self.context, "the time to live of the table cannot be turned on yet").await?;
        }
    }

    async fn look_at_ttl(&self) -> Result<Option<TimeToLiveDescription>> {
        let request = || Ok(self.service.client.describe_time_to_live().table_name(&self.name).send());
        let answer = self.service.call(self.context, Effect::Reads, request).await?;
        Ok(answer.time_to_live_description)
    }

    async fn turn_ttl(&self, attribute: &str, is_on: bool) -> Result<()> {
        let wanted = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(is_on).build();
        let wanted = wanted.map_err(super::table::incomplete)?;
        let request = || {
            let update = self.service.client.update_time_to_live().table_name(&self.name);
            Ok(update.time_to_live_specification(wanted.clone()).send())
        };
        // A second request finds it as the first has left it.
        self.service.call(self.context, Effect::WritesOnce, request).await.map(drop)
    }
}

/// Whether stored records expire at another time than they did.
pub(super) fn has_other_ends(reconciled: &Reconciled) -> bool {
    let counts_from_start = reconciled.merged.ttl().is_some_and(|ttl| ttl.holds() == TtlHolds::Start);
    counts_from_start && reconciled.ttl_change.is_some()
}

/// What the service says when it does not turn the time to live on or off, and may do so later.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// Another change was made within the hour.
    TooSoon,
    /// The table is being changed, or another process was quicker.
    InTheWay,
}

fn refusal(error: &Error) -> Option<Refusal> {
    if error.context().any(|(_, value)| IN_THE_WAY.contains(&value)) {
        return Some(Refusal::InTheWay);
    }
    let native = error.native::<crate::error::Native<UpdateTimeToLiveError>>();
    of_message(native.and_then(|native| native.as_service_error()?.meta().message())?)
}

// The service has one code for all that it does not like.
fn of_message(message: &str) -> Option<Refusal> {
    if message.contains("modified multiple times") {
        return Some(Refusal::TooSoon);
    }
    let was_quicker = message.contains("already enabled") || message.contains("already disabled");
    (was_quicker || message.contains("different AttributeName")).then_some(Refusal::InTheWay)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use backends_core::Definition;

    use super::*;

    fn ttl(holds: TtlHolds) -> Ttl {
        let builder = Definition::builder("sessions").ttl("at", Duration::from_secs(7)).ttl_holds(holds);
        builder.build().unwrap().ttl().unwrap().clone()
    }

    fn seen(status: TimeToLiveStatus, attribute: Option<&str>) -> TimeToLiveDescription {
        let seen = TimeToLiveDescription::builder().time_to_live_status(status);
        seen.set_attribute_name(attribute.map(str::to_owned)).build()
    }

    #[test]
    fn c43_what_is_on_by_the_field_of_the_end_is_taken_over_and_nothing_else() {
        use TimeToLiveStatus::{Disabled, Disabling, Enabled, Enabling};
        for (status, attribute, of_start, of_end) in [
            (Disabled, None, Some(Next::TurnOn), Some(Next::TurnOn)),
            (Enabled, Some(EXPIRES), Some(Next::Ready), Some(Next::Ready)),
            (Enabling, Some(EXPIRES), Some(Next::Ready), Some(Next::Ready)),
            (Disabling, Some(EXPIRES), Some(Next::Later), Some(Next::Later)),
            (Disabling, Some("at"), Some(Next::Later), Some(Next::Later)),
            (Enabled, Some("at"), None, Some(Next::TurnOff)),
            (Enabling, Some("at"), None, Some(Next::TurnOff)),
            (Enabled, Some("other"), None, None),
        ] {
            let seen = seen(status.clone(), attribute);
            for (holds, wanted) in [(TtlHolds::Start, of_start), (TtlHolds::Expiry, of_end)] {
                match (next(Some(&seen), &ttl(holds)), wanted) {
                    (Ok(is), Some(wanted)) => assert_eq!(is, wanted, "{status:?} {attribute:?} {holds:?}"),
                    (Err(error), None) => assert!(error.is_definition_conflict(), "{error}"),
                    (is, wanted) => panic!("{status:?} {attribute:?} {holds:?}: {is:?}, not {wanted:?}"),
                }
            }
        }
        assert_eq!(next(None, &ttl(TtlHolds::Start)).unwrap(), Next::TurnOn);
    }

    #[test]
    fn l38_a_refusal_that_passes_is_told_from_one_that_does_not() {
        // DynamoDB API reference and user guide: what `UpdateTimeToLive` says.
        for (message, refusal) in [
            ("Time to live has been modified multiple times within a fixed interval", Some(Refusal::TooSoon)),
            ("TimeToLive is already enabled", Some(Refusal::InTheWay)),
            ("TimeToLive is already disabled", Some(Refusal::InTheWay)),
            ("TimeToLive is active on a different AttributeName: current AttributeName is at", Some(Refusal::InTheWay)),
            ("1 validation error detected", None),
        ] {
            assert_eq!(of_message(message), refusal, "{message}");
        }
    }
}
