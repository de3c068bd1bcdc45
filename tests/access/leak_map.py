"""The 107 attacks on a plain console of these libraries, by name; 70 of them went through there.

Each has a case in a module of tests/access/leaks/: `@attack("its-name")` on a function that makes
the attack here and asserts what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NAMES = """
changelist changelist-rows change-view change-view-post delete-foreign history-list-foreign
history-list-deleted history-list-moved-out history-list-moved-in history-form-foreign
history-form-moved-in revert-foreign revert-moved-out revert-deleted revert-viewonly
revert-disabled-setting history-excluded-field logentry-history delete-related-listing
delete-cascade-foreign autocomplete-owner autocomplete-property autocomplete-anyfield
fk-select-add fk-select-zip fk-assign-zip fk-assign-owner fk-create-foreign m2m-assign-foreign
raw-id-label autocomplete-initial-label raw-id-assign raw-id-popup to-field-oracle inline-rows
inline-fk-choices inline-tamper-id inline-move-foreign list-filter-options list-filter-allvalues
facets date-hierarchy action-foreign-pk action-select-across action-viewonly
action-delete-foreign list-editable-foreign lookup-owner-password lookup-hidden-local
lookup-via-filter lookup-m2m-sibling search-fields-sibling order-o export-all
export-hidden-column export-selected-foreign export-items-oracle export-no-perm import-no-perm
import-viewonly import-preview-diff import-update-foreign import-create-foreign
import-move-foreign import-steal-foreign import-fk-oracle import-key-oracle import-history
tmpfile-other-user tmpfile-any-in-tmp tmpfile-traversal confirm-bad-index-500
confirm-errors-as-success confirm-invalid-partial view-on-site index-recent-actions
search-palette search-palette-2 search-palette-cache search-palette-addonly sections
unfold-detail-action unfold-row-action unfold-action-get-csrf dataset-noperm
dataset-action-no-parent-check guardian-perm-view guardian-grant guardian-user-enum
guardian-stray-row guardian-foreign-perm-view user-self-escalate user-foreign-password
msg-doesnt-exist permission-revoked-live import-m2m-foreign import-by-pk import-default-fk-by-id
import-diff-xss import-error-xss saveas-popup-add add-initial-m2m change-form-action-61
unique-oracle history-property-rezip history-deleted-fk-version resource-index
"""
ATTACKS = NAMES.split()

type Case = Callable[[Any], None]

CASES: dict[str, Case] = {}


def attack(*names: str) -> Callable[[Case], Case]:
    """Decorator: this function is the case of these attacks."""

    def keep(case: Case) -> Case:
        for name in names:
            assert name not in CASES, f"{name} has two cases."
            CASES[name] = case
        return case

    return keep
