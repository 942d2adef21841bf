#pragma once

#include <boost/json/array.hpp>

#include <filesystem>
#include <sys/types.h>

namespace bench {

/// Secondaries that receive everything over real TLS and store nothing. They run in a separate process, so that the primary's cost can be measured
/// alone. `bundles`: the contents of their activation tokens.
class Sinks {
public:
    /// Starts them. They follow the log `logId` from `index` on.
    Sinks(const boost::json::array& bundles, const std::filesystem::path& file, const std::string& logId, std::uint64_t index);
    ~Sinks();

private:
    pid_t m_process = -1;
};

/// The main function of that process.
int runSinks(const std::filesystem::path& file);

} // namespace bench
