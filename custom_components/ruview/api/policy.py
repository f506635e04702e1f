"""The privacy policy, by the server's own table: what is not listed is not permitted."""

from .catalog import ENTITY_FIELDS, FIELDS, STRUCTURE, Permission
from .models import ServerInfo

_RESTRICTED = 3


def is_permitted(field: str, server: ServerInfo, *, diagnostic: bool = False) -> bool:
    """Return whether a field may leave a server, as a diagnostic entity or otherwise."""
    if (row := FIELDS.get(field)) is None or server.privacy_class not in {1, 2, _RESTRICTED}:
        return False
    private = server.privacy_mode or server.privacy_class == _RESTRICTED
    if row.biometric and private:
        return False
    met = {
        Permission.ALWAYS: True,
        Permission.UNLESS_PRIVACY_MODE: not private,
        # A server announces it where its owner has asked for it.
        Permission.OPT_IN: not private,
        Permission.DIAGNOSTIC_ONLY: diagnostic,
    }
    # What remains is for research clients, or for nobody.
    return met.get(row.permissions[server.privacy_class - 1], False)


def is_entity_permitted(key: str, server: ServerInfo, *, diagnostic: bool) -> bool:
    """Return whether an entity may exist: each field that it tells must be permitted."""
    fields = ENTITY_FIELDS.get(key)
    return fields is not None and all(is_permitted(field, server, diagnostic=diagnostic) for field in fields)


def is_structure(key: str) -> bool:
    """Return whether a key only arranges what others measure."""
    return key in STRUCTURE
