//! The offhook program: a demo, a softphone, a SIP server, a ladder-diagram viewer, a message
//! checker and a reporter on media streams.

mod capture;
mod check;
mod demo;
mod failure;
mod ground;
mod heard;
mod interrupt;
mod json;
mod ladder;
mod leg;
mod names;
mod node;
mod options;
mod phone;
mod recording;
mod repair;
mod rtp;
mod rtpdump;
mod server;
mod show;
mod stage;
mod wav;

use std::process::ExitCode;

use crate::failure::Failure;
use crate::options::Command;

fn main() -> ExitCode {
    match options::parse(std::env::args_os().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("offhook: {failure}");
            ExitCode::from(failure.exit() as u8)
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(options) => demo::run(&options),
        Command::Phone(options) => phone::run(*options),
        Command::Server(options) => server::run(*options),
        Command::Ladder(options) => ladder::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Rtp(options) => rtp::run(&options),
        Command::Say(text) => {
            print!("{text}");
            Ok(())
        }
        Command::Version => {
            println!("offhook {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
    }
}
