#include "core/auth/userpass/bcrypt.h"

#include "core/base/secret_bytes.h"

#include <crypt.h>

#include <cstring>
#include <memory>

namespace core::auth {
namespace {

constexpr unsigned long kCost = 10;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashLength = 60;
// The hash of a random password that was not kept. Unknown users are compared with it.
constexpr const char* kDecoyHash = "$2b$10$abcdefghijklmnopqrstuu5LZRWyW8wCgqHD1LXKDCYgbgaR4xNd6";

/// crypt_r's working memory is 32 KiB and holds the password: on the heap, and wiped.
struct CryptData {
    CryptData() : data{std::make_unique<crypt_data>()} { std::memset(data.get(), 0, sizeof *data); }
    ~CryptData() { wipe(data.get(), sizeof *data); }
    std::unique_ptr<crypt_data> data;
};

Result<std::string> run(std::string_view password, const char* setting)
{
    std::string terminated{password};
    CryptData memory;
    const char* hash = crypt_r(terminated.c_str(), setting, memory.data.get());
    wipe(terminated);
    if (!hash || hash[0] == '*') return Error{ErrorCode::Internal, "bcrypt failed"};
    return std::string{hash};
}

} // namespace

std::string bcryptRefusal(std::string_view password)
{
    if (password.size() > kBcryptPasswordBytesMax) return "password length exceeds 72 bytes";
    if (password.find('\0') != std::string_view::npos) return "password must not contain a zero byte";
    return {};
}

Result<std::string> hashPassword(std::string_view password, Random& random)
{
    if (auto refusal = bcryptRefusal(password); !refusal.empty()) return Error{ErrorCode::InvalidArgument, std::move(refusal)};
    const auto salt = random.bytes(kSaltBytes);
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (!crypt_gensalt_rn("$2b$", kCost, salt.data(), static_cast<int>(salt.size()), setting, sizeof setting)) {
        return Error{ErrorCode::Internal, "no bcrypt in libcrypt"};
    }
    return run(password, setting);
}

bool isPasswordOf(std::string_view password, std::string_view hash)
{
    const bool isComparable = isBcryptHash(hash) && bcryptRefusal(password).empty();
    const std::string setting{isComparable ? hash : std::string_view{kDecoyHash}};
    auto computed = run(isComparable ? password : std::string_view{"decoy"}, setting.c_str());
    return computed && isComparable && equalInConstantTime(*computed, hash);
}

bool isBcryptHash(std::string_view text)
{
    return text.size() == kHashLength && (text.starts_with("$2a$") || text.starts_with("$2b$") || text.starts_with("$2y$"));
}

} // namespace core::auth
