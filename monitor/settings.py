"""What the environment decides: folder, database, address, patience."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from ``FAIRWATCH_*``; everything has a default that works on a laptop.

    What must stay secret is no setting: it is read where it is used, from the environment or from a
    file in the secrets folder, so that no setting can be printed that holds one.
    """

    model_config = SettingsConfigDict(env_prefix="FAIRWATCH_", extra="ignore", frozen=True)

    home: Path = Path(".fairwatch")
    database_url: str = ""
    base_url: str = "http://127.0.0.1:8501"
    without_login: bool = False  # let others in although nobody has to sign in
    allowed_hosts: str = ""  # names, with commas, that the server answers to beside base_url's
    allowed_users: str = ""  # e-mail addresses, with commas; * stands for anything
    login_client_id: str = ""
    login_metadata_url: str = ""  # https://…/.well-known/openid-configuration
    worker_poll_seconds: float = Field(default=1.0, gt=0)
    lease_seconds: float = Field(default=60.0, gt=0)
    max_attempts: int = Field(default=5, ge=1)
    max_crashes: int = Field(default=3, ge=1)
    predict_seconds: float = Field(default=600.0, gt=0)
    predict_memory_mb: int = Field(default=4096, ge=64)
    keep_rows_days: int = Field(default=0, ge=0)
    """How long rows stay after they were received, where a model does not say; 0 is for ever."""
    engine: Literal["inprocess", "loky", "dask", "ray", "spark"] = "inprocess"
    """What counts the partitions of batches that have several."""
    engine_address: str = ""
    """Of a Dask scheduler (``tcp://…``) or a Ray head; empty starts one on this machine."""
    engine_jobs: int = Field(default=0, ge=0)
    """Partitions counted at a time; 0 is as many as the engine has processors."""
    engine_shared: str = ""
    """A folder or ``s3://`` prefix that the engine's workers reach; empty where they share this
    machine's disk."""

    @property
    def database(self) -> str:
        """The SQLAlchemy address; SQLite in the home folder unless another is named."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'fairwatch.db'}"

    @property
    def files(self) -> Path:
        return self.home / "files"

    @property
    def secrets(self) -> Path:
        """Files that hold one secret each, for what the environment does not name."""
        return self.home / "secrets"
