//! A thousand seeds of whole calls, and some of everything else that can go wrong.

use std::ops::Range;

use offhook_conformance::worlds::Scenario;

/// Plays the seeds of a scenario; a failure prints the line that plays it again.
fn play(name: &str, seeds: Range<u64>) {
    let scenario = Scenario::find(name).unwrap();
    match scenario.run_all(seeds.clone()) {
        Ok(steps) => println!("{name}: seeds {seeds:?}, {steps} steps"),
        Err(failure) => panic!("{failure}"),
    }
}

// A thousand seeds in four parts, which run side by side.

#[test]
fn calls_through_a_server_1() {
    play("calls", 0..250);
}

#[test]
fn calls_through_a_server_2() {
    play("calls", 250..500);
}

#[test]
fn calls_through_a_server_3() {
    play("calls", 500..750);
}

#[test]
fn calls_through_a_server_4() {
    play("calls", 750..1000);
}

#[test]
fn calls_without_a_server() {
    play("direct", 0..1000);
}

// The README has the command that plays ten thousand of these.

#[test]
fn forks_and_races_over_every_transport_1() {
    play("races", 0..250);
}

#[test]
fn forks_and_races_over_every_transport_2() {
    play("races", 250..500);
}

// `soak --scenario sessions --seeds 10000` plays ten thousand of these.

#[test]
fn both_ends_agree_whenever_it_is_quiet_1() {
    play("sessions", 0..250);
}

#[test]
fn both_ends_agree_whenever_it_is_quiet_2() {
    play("sessions", 250..500);
}

#[test]
fn both_ends_of_a_subscription_agree_1() {
    play("subscriptions", 0..60);
}

#[test]
fn both_ends_of_a_subscription_agree_2() {
    play("subscriptions", 60..120);
}

#[test]
fn calls_are_transferred_and_whoever_asked_is_told() {
    play("transfers", 0..250);
}

#[test]
fn calls_over_connections() {
    play("streams", 0..500);
}

#[test]
fn calls_go_as_planned_although_packets_are_lost() {
    play("lossy", 0..1000);
}

#[test]
fn a_phone_dies_in_the_middle_of_a_call() {
    play("kill-phone", 0..500);
}

#[test]
fn the_server_dies_in_the_middle_of_a_call() {
    play("kill-server", 0..500);
}

#[test]
fn many_calls_where_there_is_room_for_a_few() {
    play("crowd", 0..200);
}

#[test]
fn strangers_send_bent_messages() {
    play("strangers", 0..500);
}

#[test]
fn bare_transactions() {
    play("transactions", 0..1000);
}

#[test]
fn audio_streams() {
    play("audio", 0..30);
}

// shows: S015
#[test]
fn sound_goes_on_when_signalling_dies() {
    play("media", 0..20);
}
