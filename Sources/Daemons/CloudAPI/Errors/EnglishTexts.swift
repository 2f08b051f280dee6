// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// Advice in English.
func englishAdvice(_ advice: SpecialAdvice) -> String {
    switch advice {
    case .role:
        "“{needed}” comes with a role ({roles}), which no owner can give: ask a site operator to do it for you, or for an account with such a role."
    case .restart:
        "Ask for it with a restart (lyceum instance resize --restart, “restart”: true), or stop it first."
    case .recover:
        "While its disk is kept it can be taken out of the trash first (lyceum instance recover {object}, POST /v1/instances/{object}/recover)."
    case .makeOne: "There is nothing to do it with; make one first where you want it."
    case .address: "Compare the address with those of /v1/openapi.yaml; none has a slash at its end."
    }
}

/// What is said of an `instance` that has none of some parts, in English.
func englishText(ofMissing part: InstancePart) -> String {
    switch part {
    case .checkpoints: "{instance} has no checkpoint."
    case .disks: "{instance} has no data disk."
    case .forwardedPorts: "No public port of {instance} is open."
    case .ports: "{instance} has no card: it is on no network."
    }
}

/// The English catalogue.
func englishText(of code: ErrorCode) -> ErrorText {
    switch code {
    case .addressesExhausted:
        ErrorText(
            "No free address",
            "The network {network} has no free address left of {size}.",
            "Choose a template with another network, or destroy a machine that is not needed; its address is free soon after.")
    case .agentMissing:
        ErrorText(
            "The machine has no guest agent",
            "The template of {instance} says that its machines have no guest agent, and this is done by one.",
            "Log in and do it there, or make the machine from a template whose machines have an agent.")
    case .agentRefused:
        ErrorText(
            "The guest agent could not do it", "The agent in {instance} says that it could not do what it was told.",
            "Look at the machine: the account may be missing, or its disk full; then try again.")
    case .agentSilent:
        ErrorText(
            "The guest agent does not answer", "The agent in {instance} did not answer in time.",
            "Wait until the instance is ready, or look at its console; then try again.")
    case .busy:
        ErrorText(
            "Another operation is at work", "{object} is held by the operation {operation}.",
            "Wait for it with GET /v1/operations/{operation}?wait=30, or cancel it; then try again.")
    case .callsUnderWay:
        ErrorText(
            "Too many requests under way", "{limit} of your requests are under way, which is all that one person may have.",
            "Let some of them end: streams of events and requests with wait= count for as long as they are open.")
    case .cancelled:
        ErrorText(
            "Cancelled", "The operation {operation} was cancelled, and what it had done was taken back.",
            "Start it again if it is still wanted.")
    case .cancelledLate:
        ErrorText(
            "Cancelled too late",
            "The operation {operation} was cancelled when it could no longer be taken back: it is done, and was not waited for.",
            "Look at the object; what was done can be undone with the opposite verb.")
    case .checkpointUnfit:
        ErrorText(
            "A checkpoint's memory does not fit", "{instance} is not a machine that it fits: {reason}.",
            "Change the machine so that it does, or keep and return to the disk alone.")
    case .checkpointsFull:
        ErrorText(
            "No more checkpoints", "{instance} keeps {limit} checkpoints, which is all that a machine may keep.",
            "Drop one of them: lyceum instance checkpoint list {instance}.")
    case .consoleTicketRefused:
        ErrorText(
            "The console does not open", "The ticket is not valid: it opens one console once, within 30 s, for whoever asked for it.",
            "Ask for a new one with POST /v1/instances/ID/console; its answer says what is in the way.")
    case .courseClosed:
        ErrorText(
            "Outside the course", "The course of {group} is from {first} to {last} ({zone}).",
            "Ask the group's owner to move its end, or charge another group.")
    case .denied:
        ErrorText(
            "Not allowed", "You may see {object}, but “{verb}” needs the right “{needed}”.",
            "Ask an owner of the object, or a site operator, for that right.")
    case .deviceHeld:
        ErrorText(
            "The guest still has it", "The guest of {instance} has not let {device} go, and nothing is taken from under it.",
            "It is asked again and again. Shut the guest down from inside, or force it off: then it is let go.")
    case .diskFull:
        ErrorText(
            "Not enough room on disk", "The store {store} needs {needed} and has {free} free.",
            "Free some room, or ask a site operator for more.")
    case .diskGone:
        ErrorText(
            "Its disk is gone", "The disk of {object} was removed from the trash, or never was.",
            "Make a new instance from the same template; what was on the disk is lost.")
    case .diskMissing:
        ErrorText(
            "A disk is not there", "The disk {disk} of {instance} is not in its store. Nothing was made in its place.",
            "Ask a site operator: the store may not be mounted, or the disk can be put back from a backup. A rebuild begins with an empty one."
        )
    case .epochStale:
        ErrorText(
            "Another manager leads", "This manager works under the epoch {epoch}, which is over.", "Send the request again in a moment.")
    case .eventsGone:
        ErrorText(
            "These events are not there", "The events from {oldest} to {newest} are kept; those that were asked for are not among them.",
            "Read the lists again, then follow the events from now on.")
    case .fenceStale:
        ErrorText(
            "A newer claim exists", "The command carries the fence {fence}, but {seen} was already seen.",
            "Nothing was changed. Look at the object again.")
    case .guestEnded:
        ErrorText(
            "The guest has ended", "The guest of {instance} shut down, or broke, instead of doing what it was asked for.",
            "Look at the instance: it is stopped or failed in a moment, and can be started.")
    case .guestLost:
        ErrorText(
            "The guest is gone from its host", "The process of {instance} on its host has ended, and nobody here asked for it.",
            "Start it again: it begins with its disk as it was left. If it ends so again, look at its console; a site operator finds the "
                + "cause in the log of its host.")
    case .guestPaused:
        ErrorText(
            "The host paused the machine", "The host of {instance} paused it, for this reason: {reason}. Nothing is lost.",
            "Put that right (make room, or ask a site operator), then resume it: POST /v1/instances/{instance}/resume. What it could not do meanwhile can be asked for again."
        )
    case .headersTooLarge:
        ErrorText(
            "The header is too large", "At most {limit} bytes of header fields are accepted, in at most 100 fields.",
            "Send fewer or shorter fields.")
    case .hostUnreachable:
        ErrorText(
            "The host does not answer", "The host {host} cannot be reached.",
            "Try again in a minute; if it stays so, ask a site operator.")
    case .hostnameTaken:
        ErrorText(
            "The host name is taken", "“{hostname}” is in use in the network; a destroyed instance keeps its own for a while.",
            "Choose another host name, for example “{proposal}”.")
    case .idempotencyMismatch:
        ErrorText(
            "The key was used for another request", "The Idempotency-Key {key} was sent before with another body.",
            "Use a new key for a new request.")
    case .imageForeignReference:
        ErrorText(
            "The image refers to another file",
            "The image names another file ({reference}), which this cloud does not have and would not read.",
            "Flatten it first, for example with: qemu-img convert -O qcow2 old.qcow2 new.qcow2")
    case .imageHashMismatch:
        ErrorText(
            "The bytes are not those that were promised", "SHA-256 {expected} was promised, the stored bytes have {actual}.",
            "Send the file again, or correct the promised hash.")
    case .imageInUse:
        ErrorText("The image is in use", "The image {image} is used by {by}.", "Destroy what uses it first.")
    case .imageMalformed:
        ErrorText(
            "The file is not such an image", "The file was declared as {declared}, but {reason}.",
            "Check the file with qemu-img info, and declare its real format (qcow2 or raw).")
    case .imageMissing:
        ErrorText(
            "The image's file is missing", "The file of {image} is not in its store, so no disk can be made on it.",
            "A site operator has to put it back from the backup; the audit says what else is missing.")
    case .imageTooLarge:
        ErrorText(
            "The image is too large", "The disk in the image has {size}; at most {limit} are allowed.",
            "Make a smaller image, or ask a site operator for a higher limit.")
    case .internalFault:
        ErrorText(
            "Something broke inside", "The part “{part}” failed in a way that it should not.",
            "Try again; if it stays so, give the request id to a site operator, who finds the cause in the log.")
    case .invalidField:
        ErrorText("A value is not allowed", "The value of {pointer} is refused: {reason}.", "Correct the value and send it again.")
    case .linkInvalid:
        ErrorText(
            "The link does nothing", "The link is not one of this cloud, or its time is over.",
            "Sign in and renew there (lyceum instance renew), or use the link of a newer notice.")
    case .malformedRequest:
        ErrorText(
            "The request cannot be read", "In {pointer}: {reason}.", "Compare the request with /v1/openapi.yaml and send it again.")
    case .memoryGone:
        ErrorText(
            "Its memory is gone", "The memory with which {instance} was suspended is not on its host any more.",
            "Destroy it and recover it: it starts from its disk then. What was in its memory only is lost.")
    case .methodNotAllowed:
        ErrorText("The method is not allowed here", "{method} is not among {allowed}.", "Use one of the methods in the header Allow.")
    case .nameTaken:
        ErrorText("The name is taken", "“{name}” is already used.", "Choose another, for example “{proposal}”.")
    case .noHost:
        ErrorText(
            "No host can take it", "No host has room for {instance}. {hosts}",
            "Suspend or stop what is not needed, or try again later.")
    case .notFound:
        ErrorText(
            "Not found", "There is no {object}, or you may not see it.", "Check the id with the list of what you may see.")
    case .notPublished:
        ErrorText(
            "The template is not published", "No revision of {template} is in production; its drafts: {drafts}.",
            "Whoever works on it publishes one (lyceum template publish TEMPLATE NUMBER) or launches one (lyceum launch --revision NUMBER)."
        )
    case .notSignedIn:
        ErrorText(
            "Not signed in", "The request carries no valid token.",
            "Send the header “Authorization: Bearer TOKEN”; with the command line, set LYCEUM_TOKEN.")
    case .originRefused:
        ErrorText(
            "Not from this page", "A page of {origin} may not open consoles of this cloud.",
            "A site operator can allow it: console.origins in the daemon's settings.")
    case .passwordSealed:
        ErrorText(
            "The password cannot be opened", "The password of {instance} was sealed with another key, or is damaged.",
            "Set another: lyceum instance set-password. Keys log in as before.")
    case .portForwarded:
        ErrorText(
            "Public ports lead to it", "The port {port} is where these public ports lead: {forwarded}.",
            "Close them first: lyceum port close.")
    case .preconditionRequired:
        ErrorText(
            "If-Match is required", "A change of {object} must say which version it changes.",
            "Read the object and send its ETag in the header If-Match.")
    case .publicPortOutside:
        ErrorText(
            "The public port is not one that may be forwarded", "{port} is not from {first} to {last}.",
            "Leave publicPort out to get a free one, or choose one of that range.")
    case .publicPortTaken:
        ErrorText(
            "The public port is taken", "The public port {port}/{protocol} is in use.",
            "Leave publicPort out to get a free one, or choose another.")
    case .publicPortsExhausted:
        ErrorText(
            "No free public port", "All {protocol} ports of the network {network} from {first} to {last} are in use.",
            "Close one that is no longer needed (port close), or ask again in a minute: those of destroyed instances are given back.")
    case .quotaExceeded:
        ErrorText(
            "Over the quota", "{asked} more of “{quota}” do not fit: {group} uses {used} of {limit}.",
            "Destroy or stop what is not needed, or ask for a higher quota.")
    case .rateLimited:
        ErrorText("Too many requests", "You send faster than is allowed.", "Try again in {retryAfter} s.")
    case .renewalsExhausted:
        ErrorText(
            "Renewed often enough", "The course of {group} allows {limit} renewals of a lease.",
            "Ask the group's owner for more, and save what you need before the dates that are promised.")
    case .replayMismatch:
        ErrorText(
            "A journal does not fit", "The journal holds the step {actual} where {expected} is due.",
            "Nothing more is done. A site operator has to look at the operation.")
    case .requestTimeout:
        ErrorText(
            "The body comes too slowly", "The daemon waited {seconds} s for the body.", "Send it again over a faster connection.")
    case .recordsRestored:
        ErrorText(
            "The records are older than the operation's end",
            "The site was restored from a backup that was made while {operation} was under way; nobody knows how far it came after that.",
            "Look at the object as it is now, and ask again for what is missing: an image or a template that was being made is gone, its name free."
        )
    case .requestTooLarge:
        ErrorText("The body is too large", "At most {limit} bytes are accepted.", "Send less.")
    case .staleVersion:
        ErrorText(
            "Somebody else changed it first", "{object} has the version {actual}, not {expected}.",
            "Read it again, and repeat the change if it is still wanted.")
    case .stateForbids:
        ErrorText(
            "Not in this state", "{object} is {state}; “{verb}” works only while it is: {allowed}.",
            "Bring it into one of these states first.")
    case .storeFull:
        ErrorText(
            "The store keeps what room is left",
            "Of {total} in the store {store} {free} were free; {percent} % stay free for what is there already.",
            "Destroy what is no longer needed, or ask a site operator for room (a larger store, or a shorter trash.keep).")
    case .storeNewer:
        ErrorText(
            "The store is newer than this program", "The store has the schema {found}; this program knows up to {known}.",
            "Start the newer program again.")
    case .storeUnavailable:
        ErrorText(
            "The records are out of use", "The store of the records cannot be used: {reason}.",
            "Try again in a moment; if it stays so, a site operator has to see to what the reason names.")
    case .superseded:
        ErrorText(
            "Another operation took over", "The operation {operation} was ended by {by}.", "Look at the newer operation.")
    case .timedOut:
        ErrorText(
            "It took too long", "Waited {seconds} s in vain for {what}.", "Look at the object; try again if it is still wanted.")
    case .tokenExpired:
        ErrorText(
            "The token has expired", "The time of the token {token} (“{label}”) is over.",
            "Make a new one while signed in otherwise (lyceum user token), or ask a site operator for one.")
    case .unavailable:
        ErrorText("A part of the cloud is away", "The part “{part}” does not answer.", "Try again in a minute.")
    case .unsupportedMediaType:
        ErrorText("The media type is not accepted", "Only {accepted} is accepted here.", "Send the header Content-Type: {accepted}.")
    case .upgradeRequired:
        ErrorText(
            "Another protocol is due here", "This address is for {protocol} (version 13), not for a plain request.",
            "Open it with a viewer or with the command lyceum console.")
    }
}
