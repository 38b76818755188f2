"""Who a login is to HDFS."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.config.addresses import short_name


@pytest.mark.parametrize("login", ["dr", "dr@EAST.EXAMPLE", "dr/host.example@EAST", " dr "])
def test_a_login_with_host_and_realm_is_the_user_alone(login: str) -> None:
    assert short_name(login) == "dr"
