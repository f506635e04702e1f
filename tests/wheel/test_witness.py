"""Witness bundles: one octet that is changed anywhere is found, and features are the same everywhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from wifi_densepose import WireError
from wifi_densepose._core import witness_features
from wifi_densepose.cli import main
from wifi_densepose.witness import BundleError, generate_bundle, verify_bundle
from wifi_densepose.witness.layout import FEATURES, FILES, LISTED, RECORDING, SUMS, Features, sha256
from wifi_densepose.witness.reference import N_FRAMES, reference_recording

# Computed on x86_64. The release workflow runs this test on aarch64, macOS and Windows too.
REFERENCE = "a6d5c4824d1a97bb59a4c601308b0a4f610870b093ddb8c9336c33de3bc454dd"
FEATURES_V2 = "9ae2c198362d7058fcd2191204b81bd064d842e787d2decbebf391723914da58"


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, key: Ed25519PrivateKey) -> Path:
    folder = tmp_path_factory.mktemp("witness") / "bundle"
    assert generate_bundle(folder, key=private_pem(key)) == FEATURES_V2
    return folder


@pytest.fixture
def bundle(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "bundle"))


def test_the_reference_is_the_same_everywhere() -> None:
    assert sha256(reference_recording()) == REFERENCE


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 2 * N_FRAMES])
def test_the_features_are_the_same_for_any_number_of_threads(threads: int) -> None:
    recording = reference_recording()
    assert sha256(Features(recording, threads=threads).octets) == FEATURES_V2


def test_a_fresh_bundle_passes(original: Path, key: Ed25519PrivateKey) -> None:
    verdict = verify_bundle(original, threads=2)
    assert verdict, verdict.detail
    assert FEATURES_V2 in verdict.detail
    assert "compared with no other key" in verdict.detail
    assert "signed by the expected key" in verify_bundle(original, key=public_pem(key)).detail


def test_another_key_than_the_expected_fails(original: Path) -> None:
    verdict = verify_bundle(original, key=public_pem(Ed25519PrivateKey.generate()))
    assert not verdict
    assert "signed by another key" in verdict.detail


@pytest.mark.parametrize("name", sorted(FILES))
def test_one_octet_that_is_changed_anywhere_is_found(original: Path, bundle: Path, name: str) -> None:
    octets = (original / name).read_bytes()
    # All of what is short; of what is long, beginning, end, and a stride that meets every place of a line or number.
    every = range(len(octets)) if len(octets) < 1000 else [*range(40), *range(40, len(octets), len(octets) // 150 | 1)]
    for at in [*every, len(octets) - 1]:
        changed = bytearray(octets)
        changed[at] ^= 1 << at % 8
        (bundle / name).write_bytes(changed)
        verdict = verify_bundle(bundle)
        assert verdict.verdict == "FAIL", at
        assert name in verdict.detail, (at, verdict.detail)
    (bundle / name).write_bytes(octets)
    assert verify_bundle(bundle)


def test_a_missing_and_an_added_file_are_found(bundle: Path) -> None:
    (bundle / "extra").touch()
    assert verify_bundle(bundle).detail == "extra: does not belong to a bundle"
    (bundle / "extra").unlink()
    (bundle / FEATURES).unlink()
    assert verify_bundle(bundle).detail == f"{FEATURES}: is missing"


def test_a_bundle_of_another_build_says_which_number_differs(bundle: Path, key: Ed25519PrivateKey) -> None:
    """All hashes and the signature fit, but this build computes something else."""
    features = np.frombuffer((bundle / FEATURES).read_bytes(), "<i4").copy()
    features[108 * 37 + 12] += 1
    sign_again(bundle, key, {FEATURES: features.tobytes()})
    verdict = verify_bundle(bundle, key=public_pem(key))
    assert not verdict
    assert f"1 of {features.size} numbers differ, first at frame 37, feature 12: this build computes" in verdict.detail


def test_a_signed_recording_that_is_damaged_says_where(bundle: Path, key: Ed25519PrivateKey) -> None:
    sign_again(bundle, key, {RECORDING: b"{}\n"})
    assert verify_bundle(bundle).detail.startswith(f"{RECORDING}: ")


def sign_again(bundle: Path, key: Ed25519PrivateKey, changes: dict[str, bytes]) -> None:
    for name, octets in changes.items():
        (bundle / name).write_bytes(octets)
    hashed = f"{sha256((bundle / FEATURES).read_bytes())}  {FEATURES}\n"
    (bundle / "expected_features_v2.sha256").write_text(hashed)
    sums = "".join(f"{sha256((bundle / name).read_bytes())}  {name}\n" for name in LISTED).encode()
    (bundle / SUMS).write_bytes(sums)
    (bundle / f"{SUMS}.sig").write_bytes(key.sign(sums))


@pytest.mark.skipif(
    not all(map(shutil.which, ("sh", "sha256sum", "openssl"))), reason="the script's own tools are not on PATH"
)
@pytest.mark.skipif(sys.platform != "linux", reason="the script is for sha256sum of Linux and openssl 3")
def test_the_script_needs_no_python(bundle: Path) -> None:
    command = ["sh", str(bundle / "VERIFY.sh")]
    environment = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{RECORDING}: OK" in done.stdout
    (bundle / RECORDING).write_bytes(b"x")
    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode != 0


def test_the_command(bundle: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["verify", str(bundle)]) == 0
    assert capsys.readouterr().out.startswith("PASS: features ")
    (bundle / FEATURES).write_bytes(b"")
    assert main(["verify", str(bundle), "--threads", "2"]) == 1
    assert capsys.readouterr().out.startswith(f"FAIL: {FEATURES}: ")
    assert main(["verify", str(tmp_path / "none")]) == 2
    assert "none" in capsys.readouterr().err
    no_key = tmp_path / "key"
    no_key.write_text("none")
    assert main(["verify", str(bundle), "--key", str(no_key)]) == 2
    assert "key: expected an Ed25519 key" in capsys.readouterr().err


def test_only_an_empty_folder_becomes_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(BundleError, match="expected a new or empty folder"):
        generate_bundle(tmp_path)
    with pytest.raises(ValueError, match="expected an Ed25519 key"):
        generate_bundle(tmp_path / "new", key=b"none")


def test_a_damaged_line_is_named() -> None:
    recording = reference_recording().splitlines(keepends=True)
    recording[7] = recording[7].replace(b'"iq_hex":"0000', b'"iq_hex":"00zz')
    with pytest.raises(WireError) as raised:
        witness_features(b"".join(recording))
    assert raised.value.line == 8


@given(st.binary(max_size=400))
def test_no_recording_is_refused_with_a_reason(octets: bytes) -> None:
    with pytest.raises(ValueError, match="expected"):
        witness_features(octets)


def test_no_thread_is_no_number_of_threads() -> None:
    with pytest.raises(ValueError, match=r"^threads: expected 1 or more, found 0"):
        witness_features(reference_recording(), 0)
