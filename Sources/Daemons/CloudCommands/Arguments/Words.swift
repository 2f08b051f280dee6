// SPDX-License-Identifier: Apache-2.0

#if Daemons
    public import ArgumentParser
    public import CloudModel

    // The model's words as values of options; each list of choices in the help is the model's own.

    extension AgentUse: ExpressibleByArgument {}
    extension FirstBootUse: ExpressibleByArgument {}
    extension ImageFormat: ExpressibleByArgument {}
    extension Readiness: ExpressibleByArgument {}
    extension SiteRole: ExpressibleByArgument {}
#endif
