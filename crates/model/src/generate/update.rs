//! Random updates, of which some do not apply to some records.

use backends::{Kind, Update};
use fastrand::Rng;

use super::value::{self, Scale};
use crate::schema::{Place, Role, TIME};

/// Up to three changes, each of a place of its own.
pub(super) fn update(rng: &mut Rng, places: &[Place], scale: Scale) -> Update {
    let mut update = Update::new();
    let mut named: Vec<&str> = Vec::new();
    let of_instants = places.iter().any(|place| place.path == "list[]");
    for _ in 0..rng.usize(1..4) {
        let Some(place) = rng.choice(places) else { break };
        if ["list[]", TIME].contains(&place.path) || named.contains(&place.path) {
            continue;
        }
        named.push(place.path);
        update = change(rng, update, place, of_instants, scale);
    }
    if named.is_empty() { update.inc("extra", rng.i64(-2..3)) } else { update }
}

fn change(rng: &mut Rng, update: Update, place: &Place, of_instants: bool, scale: Scale) -> Update {
    let path = place.path;
    if path == "list" {
        let member = |rng: &mut Rng| {
            if of_instants { value::of(rng, Kind::Timestamp, Role::Other, scale) } else { value::scalar(rng, scale) }
        };
        return match rng.u8(..5) {
            0 => update.set(path, value::list(rng, of_instants, scale)),
            1 => update.unset(path),
            2 => update.pull(path, member(rng)),
            _ => update.push(path, member(rng)),
        };
    }
    match (rng.u8(..8), place.kind) {
        (0, _) => update.unset(path),
        (1..4, None | Some(Kind::Integer | Kind::Number)) => {
            let by = if rng.u8(..8) == 0 { i64::MAX } else { rng.i64(-3..4) };
            update.inc(path, by)
        }
        (4, None) => update.push(path, value::scalar(rng, scale)),
        (5, None) => update.pull(path, value::scalar(rng, scale)),
        _ => update.set(path, value::at(rng, place, scale)),
    }
}
