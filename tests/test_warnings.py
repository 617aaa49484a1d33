"""How the tests take warnings: ours are errors, what other packages deprecate in themselves is shown."""

import warnings

import pytest


@pytest.mark.parametrize("category", [UserWarning, ResourceWarning, DeprecationWarning, FutureWarning])
def test_our_own_warnings_are_errors(category: type[Warning]) -> None:
    with pytest.raises(category):
        warnings.warn("ours", category, stacklevel=1)


@pytest.mark.parametrize("category", [DeprecationWarning, PendingDeprecationWarning, FutureWarning])
def test_deprecations_inside_other_packages_fail_nothing(category: type[Warning]) -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.warn_explicit("theirs", category, "elsewhere.py", 1, module="elsewhere")
    assert [str(one.message) for one in shown] == ["theirs"]
