#pragma once

#include "core/audit/device.h"
#include "core/audit/record.h"
#include "core/base/clock.h"
#include "core/crypto/hmac.h"

namespace core::audit {

/// `hmac-sha256:` and hex of the text under the device's salt.
std::string hashed(const crypto::HmacKey& salt, std::string_view text);

/// Writes entries in the layout of Vault's audit log, hashed for one device. Immutable, thread-safe.
class Formatter {
public:
    Formatter(DeviceOptions options, std::string_view salt) : m_options{std::move(options)}, m_salt{salt} {}

    /// One line with its end. `headers`: those to be logged; true: hashed.
    std::string line(const Record& record, WallTime now, const std::map<std::string, bool>& headers) const;
    std::string hash(std::string_view text) const { return hashed(m_salt, text); }

private:
    class Entry;

    DeviceOptions m_options;
    crypto::HmacKey m_salt;
};

} // namespace core::audit
