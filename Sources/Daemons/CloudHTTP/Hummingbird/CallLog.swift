// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import CloudModel
    public import Logging

    extension CloudService.Record {
        /// Writes the record as one line; answers that are the daemon's own fault as errors.
        public func write(to logger: Logger) {
            var values: Logger.Metadata = ["request": "\(request)", "status": "\(status)", "milliseconds": "\(time.wholeMilliseconds)"]
            if let user { values["user"] = "\(user)" }
            if let operation { values["operation"] = "\(operation)" }
            if let error { values["error"] = "\(error.prefix(2000))" }
            logger.log(level: status >= 500 ? .error : .info, "\(target.prefix(2000))", metadata: values)
        }
    }
#endif
