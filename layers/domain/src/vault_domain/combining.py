"""Packs together: what a run names, and whether all of it may be used like that at once.

A name is one of three things: ``LEMM_Vault_v1_core``, the vault as it is now;
``NAME@N``, a frozen version of a vault pack; or the id of a registered outside
dataset. Each is used in one way. The vault's own terms are sources like any
other, so they can't be widened by what stands beside them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from vault_domain import datasets
from vault_domain.datasets import Dataset
from vault_domain.errors import LicenceRefused
from vault_domain.licences import ABSENT, TRAINING, Answer, Constraint, Rights, Use, Verdict, of_rights, solve
from vault_domain.packs import PackVersion
from vault_domain.rights import LICENCE
from vault_domain.training import CORE_PACK, DataSpec

CLAIM = "Powered by clean data from the LEMM Vault"
VAULT_RIGHTS = Rights(metadata=LICENCE, features=LICENCE, recording=LICENCE, composition=LICENCE, personal_data=ABSENT)
_VERSION = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,59})@([1-9][0-9]{0,5})")


@dataclass(frozen=True)
class Named:
    """One pack of a combination with what is on record of it."""

    ref: str
    use: Use
    version: PackVersion | None = None
    dataset: Dataset | None = None

    @property
    def is_vault(self) -> bool:
        """Whether its tracks come from the vault."""
        return self.ref == CORE_PACK or "@" in self.ref

    @property
    def identity(self) -> str:
        """What exactly was meant: a content address, or which registration of a dataset."""
        if self.version is not None:
            return f"sha256:{self.version.members_sha256}"
        if self.dataset is not None:
            return f"registration:{self.dataset.number}"
        return "live" if self.ref == CORE_PACK else "unknown"


def version_of(ref: str) -> tuple[str, int] | None:
    """Name and number, when this names a version of a vault pack."""
    found = _VERSION.fullmatch(ref)
    return (found[1], int(found[2])) if found else None


def use_of(spec: DataSpec, ref: str) -> Use:
    """How a run uses a pack. What was not declared counts as the widest use that the purpose may come to."""
    return spec.uses.get(ref) or ("eval_only" if spec.purpose == "evaluation" else "train_generative")


def judge(packs: Iterable[Named], now: datetime) -> Verdict:
    """The licence solver's answer to the whole combination."""
    return solve(one for named in packs for one in constraints_of(named, now))


def clean_claim(packs: Sequence[Named], now: datetime) -> Verdict:
    """Whether a model of this combination may call itself powered by clean data from the vault.

    The combination itself must be allowed, at least one vault pack must have
    been trained on, and every outside pack must be approved for production: a
    research pack beside it spoils the claim, whatever it was used for.
    """
    found = [one for named in packs for one in constraints_of(named, now)]
    trained = [named.ref for named in packs if named.is_vault and named.use in TRAINING]
    sentence = f"Trained on the vault: {', '.join(trained)}." if trained else "No pack of the vault was trained on."
    found.append(_said("claim", "train_generative", bool(trained), "claim:vault", sentence))
    for named in packs:
        if not named.is_vault:
            tier = named.dataset.entry.tier if named.dataset else "unregistered"
            sentence = f"{named.ref} is {tier.replace('_', ' ')}; the claim needs every pack approved for production."
            found.append(_said(named.ref, named.use, tier == "production_approved", "claim:tier", sentence))
    return solve(found)


def check_licences(packs: Iterable[Named], now: datetime) -> None:
    """Raises ``LicenceRefused`` with a sentence for each ground, unless every pack may be used like this."""
    found = judge(packs, now)
    if not found.granted:
        against = found.against()
        raise LicenceRefused(
            datasets.sentences(against) or "no pack was named",
            answer=found.answer.value,
            packs=sorted({one.source for one in against}),
        )


def constraints_of(named: Named, now: datetime) -> tuple[Constraint, ...]:
    """Every ground for or against one pack's use."""
    if not named.is_vault:
        return datasets.constraints(named.ref, named.dataset, named.use, now)
    return (_version_constraint(named), *of_rights(named.ref, VAULT_RIGHTS, named.use))


def _version_constraint(named: Named) -> Constraint:
    if named.ref == CORE_PACK:
        return _said(named.ref, named.use, True, "registration", f"{named.ref} is the vault itself.")
    if named.version is None:
        sentence = f"{named.ref} is not a version of a pack here."
        return Constraint(
            source=named.ref, use=named.use, answer=Answer.UNKNOWN, rule="registration", sentence=sentence
        )
    frozen = named.version.state == "frozen"
    words = "is frozen" if frozen else "is a draft; freeze it first"
    return _said(named.ref, named.use, frozen, "registration", f"{named.ref} {words}.")


def _said(source: str, use: Use, holds: bool, rule: str, sentence: str) -> Constraint:
    answer = Answer.ALLOWED if holds else Answer.REFUSED
    return Constraint(source=source, use=use, answer=answer, rule=rule, sentence=sentence)
