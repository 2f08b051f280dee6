// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudModel

    /// One verb = one operation = one route = one command.
    enum VerbCommands {
        /// The command of a verb; nil for `see`, which is what all lists and `show` do.
        static func command(of verb: Verb) -> (any CloudCommand.Type)? {
            switch verb {
            case .adopt, .collect, .see, .settle: nil
            case .console: Console.self
            case .create: Launch.self
            case .recover: InstanceRecover.self
            case .renew: InstanceRenew.self
            case .start: InstanceStart.self
            case .suspend: InstanceSuspend.self
            case .wake: InstanceWake.self
            case .shutDown: InstanceShutDown.self
            case .forceOff: InstanceForceOff.self
            case .destroy: InstanceDestroy.self
            case .openForwardedPort: PortOpen.self
            case .closeForwardedPort: PortClose.self
            case .update: InstanceUpdate.self
            case .installKeys: InstanceInstallKeys.self
            case .pause: InstancePause.self
            case .reboot: InstanceReboot.self
            case .reset: InstanceReset.self
            case .resume: InstanceResume.self
            case .seePassword: InstancePassword.self
            case .setPassword: InstanceSetPassword.self
            case .attachDisk: DiskAttach.self
            case .attachPort: InstanceAttachPort.self
            case .checkpoint: CheckpointMake.self
            case .deleteDisk: DiskDelete.self
            case .detachDisk: DiskDetach.self
            case .detachPort: InstanceDetachPort.self
            case .dropCheckpoint: CheckpointDrop.self
            case .growDisk: DiskGrow.self
            case .publishRevision: TemplatePublish.self
            case .rebuild: InstanceRebuild.self
            case .resize: InstanceResize.self
            case .retireRevision: TemplateRetire.self
            case .returnToCheckpoint: CheckpointReturn.self
            case .saveAsTemplate: InstanceSaveAs.self
            case .importImage: ImageImport.self
            case .createTemplate: TemplateCreate.self
            }
        }
    }
#endif
