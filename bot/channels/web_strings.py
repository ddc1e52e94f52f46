"""The words on the chat page itself; those inside the conversation come from the conversation."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.kit.words import Text, Tongue, _, say

STRINGS: Mapping[str, Text] = {
    # the header
    "desk": _("Duty desk"),
    "textSize": _("Larger text"),
    "darkMode": _("Dark colours"),
    # the conversation
    "conversation": _("Conversation"),
    "deskSaid": _("Desk:"),
    "youSaid": _("You:"),
    "choices": _("Choices"),
    "photo": _("Photo {number}"),
    "photoOpen": _("Photo"),
    "recording": _("Recording"),
    "download": _("Download {name}"),
    "earlier": _("Show earlier messages"),
    "newest": _("Go to the newest message"),
    "typing": _("The desk is writing…"),
    "reply": _("Reply"),
    "replyTo": _("Your reply to: {text}"),
    # the state of one's own message
    "waiting": _("Waiting for the network"),
    "sending": _("Sending"),
    "sent": _("Sent"),
    "failed": _("Not sent"),
    "retry": _("Try again"),
    "edit": _("Edit"),
    "remove": _("Remove"),
    # writing
    "placeholder": _("Write a message"),
    "send": _("Send"),
    "more": _("Photos, place, menu"),
    "camera": _("Take a photo"),
    "gallery": _("Choose photos"),
    "location": _("Send my place"),
    "menu": _("Menu"),
    "record": _("Record a voice message"),
    "stopAndSend": _("Send the recording"),
    "discardRecording": _("Discard the recording"),
    "recordingFor": _("Recording {time}"),
    "removePhoto": _("Remove photo {number}"),
    "noReply": _("Do not reply to this message"),
    "attached": _("Photos to send"),
    # notices
    "offline": _("No network. What you send is kept here and goes out when the network is back."),
    "connecting": _("Connecting…"),
    "locating": _("Finding your place…"),
    "noLocation": _("Your place could not be found. Allow it for this page, or write where you are."),
    "noMicrophone": _("The microphone cannot be used. Allow it for this page, or write instead."),
    "tooManyPhotos": _("At most 9 photos fit in one message."),
    "onlyPhotos": _("Only photos can be sent here: JPEG, PNG or WEBP."),
    "needsNetwork": _("This needs the network."),
    "full": _("This device has no room left to keep messages. Please wait until those waiting are sent."),
    "close": _("Close"),
    "needsScript": _("This chat needs JavaScript. Please switch it on in your browser."),
}


def said(tongue: Tongue) -> dict[str, str]:
    """Every string in one language; `{gaps}` are filled by the page."""
    return {name: say(text, tongue) for name, text in STRINGS.items()}
