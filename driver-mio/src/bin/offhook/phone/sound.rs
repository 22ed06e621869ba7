//! What is heard of a call besides voices, and the keys that are pressed in one.

use std::time::Duration;

use offhook::rtp::audio::AudioEvent;
use offhook::sip::ua::CallHandle;
use offhook_mio::MachineId;

use super::Phone;
use super::call::Call;
use super::news::News;

/// How long after the answer the keys of the command line are pressed: the other side's sound has
/// to be up by then.
pub(super) const BEFORE_KEYS: Duration = Duration::from_millis(500);

impl Phone {
    /// What the sound of a call reports.
    pub(super) fn hear_audio(&mut self, id: MachineId, event: &AudioEvent) {
        let of = |call: &&Call| call.leg.as_ref().is_some_and(|leg| leg.id() == id);
        let number = self.calls.values().find(of).map_or(0, |call| call.number);
        match event {
            AudioEvent::Inactive => {
                let line = "nothing is heard from the other side";
                self.tell(News::of("silence", number, line));
            }
            AudioEvent::EventEnded { code, duration } => {
                let ms = duration.as_millis();
                let line = format!("they press {code} ({ms} ms)");
                let news = News::of("key", number, line).text("key", &code.to_string());
                self.tell(news.number("ms", ms));
            }
            AudioEvent::KeyExhausted => {
                let line = "a key of the sound has served its time";
                self.tell(News::of("key-exhausted", number, line));
            }
            // Told at its end, when it is known how long it lasted.
            AudioEvent::EventBegan { .. } => {}
            AudioEvent::Started { .. }
            | AudioEvent::Latched { .. }
            | AudioEvent::Active
            | AudioEvent::RemoteLeft { .. }
            | AudioEvent::Report(_)
            | AudioEvent::CircuitBroken(_)
            | AudioEvent::SsrcChanged { .. }
            | AudioEvent::Left => {}
        }
    }

    /// Presses keys in a call.
    pub(super) fn press(&mut self, handle: CallHandle, keys: &str) {
        let leg = self.calls.get(&handle).and_then(|call| call.leg.as_ref());
        let pressed = match leg {
            Some(leg) => leg.press(&mut self.driver, keys),
            None => Err("there is no sound to press keys in".into()),
        };
        if let Err(why) = pressed {
            self.tell(News::error(&why));
        }
    }
}
