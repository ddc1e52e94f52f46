"""The settings of WeChat's two channels: the Official Account and the WeCom app."""

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from bot.config_values import WebAddress, hidden, matching

AES_KEY: Final = hidden(r"[A-Za-z0-9]{43}", "the EncodingAESKey: 43 letters and digits")
TOKEN: Final = hidden(r"[A-Za-z0-9]{3,32}", "3 to 32 letters and digits, as they are in the console too")

AesKey = Annotated[SecretStr, AES_KEY]
Token = Annotated[SecretStr, TOKEN]
ApiSecret = Annotated[SecretStr, hidden(r"[A-Za-z0-9_-]{1,128}", "the secret as the console shows it")]
AppId = Annotated[
    str, AfterValidator(matching(r"[A-Za-z0-9_-]{1,64}", "the AppID, such as wx1234567890abcdef"))
]
CorpId = Annotated[
    str, AfterValidator(matching(r"[A-Za-z0-9_-]{1,64}", "the CorpID, such as ww1234567890abcdef"))
]

SECRETS: Final = {
    "WECHAT_APP_SECRET",
    "WECHAT_TOKEN",
    "WECHAT_AES_KEY",
    "WECHAT_AES_KEY_OLD",
    "WECOM_SECRET",
    "WECOM_TOKEN",
    "WECOM_AES_KEY",
}


class WeChatSettings(BaseModel):
    """What `Settings` has of WeChat: a channel exists where its AppID or CorpID is set."""

    wechat_app_id: AppId | None = Field(
        default=None,
        description="The Official Account's AppID; without it there is no WeChat channel.",
    )
    wechat_app_secret: ApiSecret | None = Field(
        default=None,
        description="The Official Account's AppSecret.",
    )
    wechat_token: Token | None = Field(
        default=None,
        description="The Token of the account's server settings, made up by you: 3 to 32 letters and digits.",
    )
    wechat_aes_key: AesKey | None = Field(
        default=None,
        description="The EncodingAESKey of the account's server settings: 43 letters and digits.",
    )
    wechat_aes_key_old: AesKey | None = Field(
        default=None,
        description="The EncodingAESKey before, while it is being changed.",
    )
    wechat_mode: Literal["safe", "compat", "plain"] = Field(
        default="safe",
        description="How WeChat's messages come, as in the account's server settings: `safe` takes only "
        "encrypted ones, `compat` both, `plain` needs no `WECHAT_AES_KEY`.",
    )
    wechat_api_url: WebAddress = Field(
        default="https://api.weixin.qq.com",
        description="The Official Account's API server.",
    )
    wecom_corp_id: CorpId | None = Field(
        default=None,
        description="The organisation's CorpID in WeCom; without it there is no WeCom channel.",
    )
    wecom_agent_id: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="The AgentId of the self-built app in WeCom.",
    )
    wecom_secret: ApiSecret | None = Field(
        default=None,
        description="The Secret of that app.",
    )
    wecom_token: Token | None = Field(
        default=None,
        description="The Token of the app's message settings: 3 to 32 letters and digits.",
    )
    wecom_aes_key: AesKey | None = Field(
        default=None,
        description="The EncodingAESKey of the app's message settings: 43 letters and digits.",
    )
    wecom_api_url: WebAddress = Field(
        default="https://qyapi.weixin.qq.com",
        description="WeCom's API server.",
    )

    @model_validator(mode="after")
    def _wechat_is_complete(self) -> Self:
        if self.wechat_app_id is None:
            return self
        self._needs("WECHAT_APP_ID", "WECHAT_APP_SECRET", "WECHAT_TOKEN")
        if self.wechat_mode != "plain":
            self._needs(f"WECHAT_MODE={self.wechat_mode}", "WECHAT_AES_KEY")
        return self

    @model_validator(mode="after")
    def _wecom_is_complete(self) -> Self:
        if self.wecom_corp_id is not None:
            self._needs("WECOM_CORP_ID", "WECOM_AGENT_ID", "WECOM_SECRET", "WECOM_TOKEN", "WECOM_AES_KEY")
        return self

    def _needs(self, given: str, *names: str) -> None:
        for name in names:
            if getattr(self, name.lower()) is None:
                raise ValueError(f"{given} needs {name}")
