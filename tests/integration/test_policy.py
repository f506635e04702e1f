"""The privacy policy says on this side what it says on the server's."""

from dataclasses import replace

import pytest

from custom_components.ruview.api.catalog import ENTITY_FIELDS, FIELDS, STRUCTURE, EntityKey
from custom_components.ruview.api.models import ServerInfo
from custom_components.ruview.api.policy import is_entity_permitted, is_permitted, is_structure

from .golden import golden

HOME = ServerInfo.parse(golden("server_auth_ok"))
PRIVATE_HOME = replace(HOME, privacy_mode=True)
RESTRICTED = replace(HOME, privacy_class=3, privacy_mode=True)
RESEARCH = replace(HOME, privacy_class=1)
NEVER = {"identity_embedding", "raw_bfi", "compressed_angle_matrix", "soul_match_probability"}


def test_presence_is_permitted_everywhere() -> None:
    assert all(is_permitted("presence", server) for server in (HOME, PRIVATE_HOME, RESTRICTED, RESEARCH))


@pytest.mark.parametrize("field", ["breathing_rate", "heart_rate", "someone_sleeping", "possible_distress"])
def test_vitals_are_for_homes_that_want_them(field: str) -> None:
    assert [is_permitted(field, server) for server in (HOME, PRIVATE_HOME, RESTRICTED)] == [True, False, False]


def test_who_went_where_is_for_homes_that_ask_their_server_for_it() -> None:
    permitted = [is_permitted("multi_room_transition", server) for server in (HOME, PRIVATE_HOME, RESTRICTED)]
    assert permitted == [True, False, False]


def test_identity_risk_is_a_diagnostic_entity_of_homes() -> None:
    permitted = [is_permitted("identity_risk", server, diagnostic=True) for server in (HOME, PRIVATE_HOME, RESTRICTED)]
    assert permitted == [True, True, False]
    assert not is_permitted("identity_risk", HOME)


@pytest.mark.parametrize("field", sorted(NEVER | {"downsampled_angle_matrix", "rf_signature_hash"}))
def test_what_homes_never_see(field: str) -> None:
    assert not any(is_permitted(field, server, diagnostic=True) for server in (HOME, PRIVATE_HOME, RESTRICTED))


@pytest.mark.parametrize("privacy_class", [-1, 0, 4])
def test_an_unknown_class_permits_nothing(privacy_class: int) -> None:
    server = replace(HOME, privacy_class=privacy_class)
    assert not any(is_permitted(field, server, diagnostic=True) for field in FIELDS)


def test_what_is_not_listed_is_not_permitted() -> None:
    assert not is_permitted("mood", HOME)
    assert not is_entity_permitted("mood", HOME, diagnostic=True)
    assert not is_structure("mood")


def test_every_entity_is_listed_and_its_fields_are() -> None:
    assert ENTITY_FIELDS.keys() == set(EntityKey)
    assert all(field in FIELDS for fields in ENTITY_FIELDS.values() for field in fields)
    assert not FIELDS.keys() & STRUCTURE
