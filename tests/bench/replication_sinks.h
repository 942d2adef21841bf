#pragma once

#include <boost/json/array.hpp>

#include <filesystem>
#include <sys/types.h>

namespace bench {

/// Secondaries that take everything over real TLS and store nothing, in a process of their own, so that what the primary spends can be
/// told apart. `bundles`: what their activation tokens wrap.
class Sinks {
public:
    /// Starts them; they follow from `index` of the log `logId` on.
    Sinks(const boost::json::array& bundles, const std::filesystem::path& file, const std::string& logId, std::uint64_t index);
    ~Sinks();

private:
    pid_t m_process = -1;
};

/// The main function of that process.
int runSinks(const std::filesystem::path& file);

} // namespace bench
