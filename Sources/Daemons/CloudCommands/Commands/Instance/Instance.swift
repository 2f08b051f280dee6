// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser

    /// `lyceum instance`
    struct Instance: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at instances and run their verbs.",
            subcommands: [
                InstanceList.self, InstanceShow.self, InstanceStart.self, InstanceSuspend.self, InstanceWake.self, InstanceShutDown.self,
                InstanceForceOff.self, InstanceDestroy.self, InstancePause.self, InstanceResume.self, InstanceReboot.self,
                InstanceReset.self, InstanceSetPassword.self, InstanceInstallKeys.self, InstancePassword.self, InstanceScreenshot.self,
                InstanceRebuild.self, InstanceRecover.self, InstanceRenew.self, InstanceResize.self, InstanceSaveAs.self,
                CheckpointGroup.self, InstanceAttachPort.self, InstanceDetachPort.self, InstanceUpdate.self, InstanceVerbs.self,
                InstanceActivities.self,
            ])
    }
#endif
