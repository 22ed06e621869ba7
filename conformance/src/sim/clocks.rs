//! What the clocks of a world say: each machine has its own, and they do not always agree.

use std::time::Duration;

use offhook::{Input, Instant, UnixTime};

use super::network::ClockStep;
use super::promise::Violation;
use super::step::Step;
use super::subject::Subject;
use super::world::{CellId, World};

/// 2026-01-01 00:00 UTC: the wall clock at the zero of virtual time.
const EPOCH_NANOS: u64 = 1_767_225_600_000_000_000;

impl<S: Subject> World<S> {
    /// What the clock says at the next input of a machine. If it goes backwards there, the machine
    /// is told the right time just before; if it steps, it stays where it went.
    pub(super) fn clock(&mut self, id: CellId) -> Result<Instant, Violation> {
        let step = self.network.clock_step(self.now, id.0 as u64);
        let back = self.network.clock_back(self.now, id.0 as u64);
        let Some(cell) = self.cells.get_mut(id.0).and_then(Option::as_mut) else {
            return Ok(self.now);
        };
        let (ahead, wall) = match step {
            Some(ClockStep::Ahead(span)) => (nanos(span), 0),
            Some(ClockStep::Back(span)) => (-nanos(span), 0),
            Some(ClockStep::WallAhead(span)) => (0, nanos(span)),
            Some(ClockStep::WallBack(span)) => (0, -nanos(span)),
            None => (0, 0),
        };
        cell.step_clock(ahead);
        if let Some(ClockStep::Back(span)) = step {
            self.moods.put_off(self.now, span);
        }
        let now = cell.clock(self.now);
        let earlier = back.map(|earlier| cell.clock(earlier));
        if step.is_some() {
            self.tell_wall_clock(id, wall)?;
        }
        if earlier.is_some() {
            self.step(id, now, Step::Input(Input::Timeout))?;
        }
        Ok(earlier.unwrap_or(now))
    }

    /// Tells a machine the time of the day, or one that is wrong by so many nanoseconds.
    pub(super) fn tell_wall_clock(&mut self, id: CellId, wrong: i64) -> Result<(), Violation> {
        let now = self.cell(id).map_or(self.now, |cell| cell.clock(self.now));
        let unix = EPOCH_NANOS.saturating_add_signed(wrong) + now.as_nanos();
        let unix = UnixTime::from_nanos(unix);
        let input = Input::WallClock { unix };
        self.step(id, now, Step::Input(input)).map(|_| ())
    }
}

fn nanos(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}
