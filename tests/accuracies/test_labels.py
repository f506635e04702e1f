"""Labels and sessions: any folder of the same format is understood, and none by its sets' names."""

from pathlib import Path

import pytest

from accuracies.labels import LabelsError, Recording, read_labels
from accuracies.sessions import sessions

_HEAD = "set,file,kind,label,label_quality,chip,packets,duration_s,rate_hz,antennas,subcarriers,dtype\n"


def _folder(tmp_path: Path, *rows: str) -> Path:
    (tmp_path / "labels.csv").write_text(_HEAD + "".join(f"{row}\n" for row in rows))
    return tmp_path


def _motion(name: str, label: str) -> Recording:
    return Recording("a_set", Path(f"a_set/{name}.npz"), frozenset({"motion"}), label, "", "s3", 10.0, 100.0)


def _names(recordings: list[Recording]) -> list[list[list[str]]]:
    return [[[r.name for r in s.quiet], [r.name for r in s.moving]] for s in sessions(recordings)]


def test_a_folder_without_labels_is_told_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"labels\.csv cannot be read"):
        read_labels(tmp_path)


def test_missing_columns_are_named(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("set,file\na,b\n")
    with pytest.raises(LabelsError, match="lacks the columns kind, label"):
        read_labels(tmp_path)


def test_an_unknown_set_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "a,a/x.npz,motion,quiet,,s3,1,1,1,1,64,int8")
    with pytest.raises(LabelsError, match="no set b; sets: a"):
        read_labels(folder, ["b"])


def test_what_a_line_says(tmp_path: Path) -> None:
    row = 'new,new/falling_user12_rm3_4.npz,heart+breathing,14.6,"weak, guessed",x9,1,,1,1,64,int8'
    (recording,) = read_labels(_folder(tmp_path, row))
    assert recording.kinds == {"heart", "breathing"}
    assert (recording.number, recording.person, recording.is_weak, recording.duration_s) == (14.6, "12", True, 0.0)


def test_sessions_alternate() -> None:
    recordings = [
        _motion("m_20260101_100020", "movement"),
        _motion("b_20260101_100000", "quiet"),
        _motion("b_20260101_100100", "quiet"),
        _motion("m_20260101_100120", "movement"),
    ]
    assert _names(recordings) == [
        [["b_20260101_100000"], ["m_20260101_100020"]],
        [["b_20260101_100100"], ["m_20260101_100120"]],
    ]


def test_sessions_of_many_clips() -> None:
    labels = ["static", "static", "motion", "motion", "motion", "static"]
    recordings = [_motion(f"x_20260101_10000{n}", label) for n, label in enumerate(labels)]
    assert [(len(s.quiet), len(s.moving)) for s in sessions(recordings)] == [(2, 3), (1, 0)]


def test_sessions_may_begin_with_movement() -> None:
    labels = ["motion", "static", "motion", "static"]
    recordings = [_motion(f"x_20260101_10000{n}", label) for n, label in enumerate(labels)]
    assert [(len(s.quiet), len(s.moving)) for s in sessions(recordings)] == [(1, 1), (1, 1)]


def test_without_dates_the_first_goes_with_the_first() -> None:
    recordings = [
        _motion(name, label)
        for name, label in (("w_2", "walking"), ("e_10", "empty"), ("e_2", "empty"), ("w_10", "walking"))
    ]
    assert _names(recordings) == [[["e_2"], ["w_2"]], [["e_10"], ["w_10"]]]
