"""The runner of the proofs: which run, with what seed, and when one counts as failed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.proofs.__main__ import main
from tests.proofs.removals.trial import missed_by
from tests.proofs.table import PROOFS, Proof

CHECKOUT = Path(__file__).resolve().parents[2]
CONTRIBUTING = (CHECKOUT / "CONTRIBUTING.md").read_text()
TELL = "import os, sys; print(os.environ['WHOLE'], os.environ['SEED'], *sys.argv[1:])"


def proof(name: str, code: str, *, minutes: float = 1, takes_words: bool = False) -> Proof:
    """A proof of one process that runs this Python."""
    return Proof(
        name, "something holds", "whole", minutes, "something",
        lambda seed, words: [[sys.executable, "-c", code, str(seed), *words]], takes_words,
    )  # fmt: skip


GOOD, BAD = proof("good", TELL), proof("bad", "raise SystemExit(1)")
WORDY = proof("wordy", TELL, takes_words=True)


def test_each_is_named_once_and_contributing_says_after_which_change() -> None:
    assert len({proof.name for proof in PROOFS}) == len(PROOFS)
    for proof in PROOFS:
        assert f"| {proof.change} | `{proof.name}` |" in CONTRIBUTING
        assert proof.minutes > 0


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_its_module_or_its_tests_are_there(proof: Proof) -> None:
    for _, _, module, *arguments in proof.commands(4, []):
        if module != "pytest":
            assert list(CHECKOUT.glob(f"{module.replace('.', '/')}*"))
            continue
        for test in (argument for argument in arguments if argument.startswith("tests/")):
            file, _, name = test.partition("::")
            assert Path(file).name.startswith("test_")  # or it would not be collected
            assert f"def {name or 'test_'}" in (CHECKOUT / file).read_text()


def test_a_proof_takes_whole_sizes_and_its_seed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tests.scale import SEED, size; print(SEED, size(1, 1_000))"],
        cwd=CHECKOUT,
        env={**os.environ, "WHOLE": "1", "SEED": "4711"},
        capture_output=True,
        text=True,
    )

    assert done.stdout == "4711 1000\n"


def test_what_has_a_whole_size_is_proved_at_it() -> None:
    sized = re.compile(r"^from tests\.scale import .*\b(size|IS_WHOLE)\b", re.M)
    commands = [command for proof in PROOFS for command in proof.commands(4, [])]
    proved = {word.partition("::")[0] for command in commands for word in command}

    found = [path for path in CHECKOUT.glob("tests/**/test_*.py") if sized.search(path.read_text())]
    names = {str(path.relative_to(CHECKOUT)) for path in found}
    of_the_oracle = {"tests/oracle/test_oracle.py"}  # a sample of what `tests.oracle` asks

    assert len(names) > 10
    assert names - proved == of_the_oracle


def test_all_run_unless_some_are_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([], [GOOD, WORDY]) == 0
    assert "2 of 2 proven" in capfd.readouterr().out

    assert main(["wordy"], [GOOD, WORDY]) == 0
    assert "1 of 1 proven" in capfd.readouterr().out


def test_the_seed_is_passed_on_and_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["good", "--seed", "4711"], [GOOD]) == 0

    said = capfd.readouterr().out.splitlines()
    assert "1 4711 4711" in said
    assert any("seed 4711" in line and "budget 1 min" in line for line in said)
    [line] = [line for line in said if line.startswith("good ")]
    assert line.split() == ["good", "whole", "4711", "0.0", "of", "1", "min", "proven"]


def test_a_seed_is_drawn_for_each(capfd: pytest.CaptureFixture[str]) -> None:
    main(["good"] * 8, [GOOD])

    said = capfd.readouterr().out.splitlines()
    assert len({line for line in said if line.startswith("1 ")}) > 1


def test_words_go_to_the_proof_that_takes_them(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["wordy", "policy", "hook", "good", "--seed", "5"], [GOOD, WORDY]) == 0

    said = capfd.readouterr().out.splitlines()
    assert {"1 5 5 policy hook", "1 5 5"} <= {*said}


def test_an_unknown_name_is_told_with_those_that_there_are(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["good", "nonsense"], [GOOD, BAD]) == 2

    assert capfd.readouterr().out == "There is no proof nonsense: there are good, bad.\n"


def test_one_that_fails_fails_all_and_the_others_run(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([], [BAD, GOOD]) == 1

    said = capfd.readouterr().out
    assert "bad: failed" in said
    assert "1 of 2 proven" in said


def test_one_over_its_budget_fails(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([], [proof("slow", "", minutes=1e-9)]) == 1

    assert "slow: " in (said := capfd.readouterr().out)
    assert "proven in" not in said.rpartition("\nproof")[0]


def test_one_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    child = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; "
    child += f"time.sleep(600)']).pid, file=open({str(tmp_path / 'pid')!r}, 'w'), flush=True); "
    hanging = proof("hanging", f"{child}import time; time.sleep(600)", minutes=0.02)

    assert main([], [hanging]) == 1

    assert "hanging: ended at 2 times its budget" in capfd.readouterr().out
    assert_gone(int((tmp_path / "pid").read_text()))


def assert_gone(pid: int) -> None:
    """No process of this number, or one that only waits to be asked how it ended."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except FileNotFoundError:
            return
        time.sleep(0.05)
    raise AssertionError(f"{pid} is still there")


def test_ctrl_c_ends_what_runs() -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.proofs", "steps"],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with running:
        assert running.stdout is not None
        assert "steps:" in running.stdout.readline() + running.stdout.readline()
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate()

    assert "Ended." in said
    assert running.returncode == 130


def test_each_test_on_record_is_there_and_misses_a_rule_that_is_there() -> None:
    from tests.proofs.removals.catalogue import removals

    record = missed_by()

    assert record
    assert record.keys() <= {removal.name for removal in removals()}
    for rule, test in record.items():
        file, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (CHECKOUT / file).read_text(), rule
