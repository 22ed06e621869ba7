"""The core in runtimes it has no driver for: SIPp calls each of the examples."""
from peer import ROOT, Failed, Peer, free_ports
from with_sipp import needs, sipp

EXAMPLES = ROOT / "target/debug/examples"


def answers(example):
    """Ten calls by SIPp's built-in caller to an example of the conformance package."""
    needs()
    program = EXAMPLES / example
    if not program.exists():
        raise Failed(f"there is no {program}: run `cargo build -p offhook-conformance --examples` first")
    port, caller, media = free_ports(3)
    with Peer(example, [program, f"127.0.0.1:{port}"]) as phone:
        phone.expect("listening")
        with sipp("sipp uac", "-sn", "uac", f"127.0.0.1:{port}", "-p", caller, "-mp", media, "-m", "10", "-r", "5",
                  "-d", "300") as uac:
            uac.succeed()
    return "10 calls"


def a_blocking_loop_over_std_answers():
    return answers("std_loop")


def a_task_of_tokio_answers():
    return answers("tokio_phone")


SCENARIOS = [a_blocking_loop_over_std_answers, a_task_of_tokio_answers]
