#pragma once

#include "core/base/result.h"
#include "core/crypto/pkcs11_key.h"

#include <p11-kit/pkcs11.h>

#include <mutex>
#include <vector>

// Only for the sources of this module: the C interface of PKCS#11 2.40 with C++ ownership.
namespace core::crypto::pkcs11 {

/// "C_Login: CKR_PIN_INCORRECT (0xa0)", with the matching error code.
Error failure(std::string_view function, CK_RV code);

/// A read-write session with a token, logged in. The library is loaded once per process and stays loaded. It is initialised only while a session
/// exists. The process has one session at a time: open() waits until the one before has ended.
class Session {
public:
    /// Errors: Unavailable (library, token), PermissionDenied (PIN), InvalidArgument (not a PKCS#11 library).
    static Result<std::unique_ptr<Session>> open(const Pkcs11Key::Options& options);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// The secret keys of this type and label that the token holds, at most 8. Errors: Unavailable.
    Result<std::vector<CK_OBJECT_HANDLE>> findKeys(CK_KEY_TYPE type, std::string_view label);
    /// A key of 32 bytes that never leaves the token. `uses` are attributes such as CKA_ENCRYPT. Errors: Unavailable.
    Result<CK_OBJECT_HANDLE> generateKey(CK_MECHANISM_TYPE mechanism, CK_KEY_TYPE type, std::string_view label,
                                         const std::vector<CK_ATTRIBUTE_TYPE>& uses, Random& random);

    Result<std::string> encrypt(CK_MECHANISM& mechanism, CK_OBJECT_HANDLE key, std::string_view plain);
    /// Errors: Corrupt (the token does not accept the ciphertext), Unavailable.
    Result<SecretBytes> decrypt(CK_MECHANISM& mechanism, CK_OBJECT_HANDLE key, std::string_view sealed);
    Result<std::string> hmacSha256(CK_OBJECT_HANDLE key, std::string_view text);

private:
    explicit Session(std::unique_lock<std::mutex> turn) : m_turn{std::move(turn)} {}
    Result<> initialize(const std::string& library);
    Result<CK_SLOT_ID> findSlot(const Pkcs11Key::Options& options);
    Result<> login(CK_SLOT_ID slot, const Pkcs11Key::Options& options);

    std::unique_lock<std::mutex> m_turn; // first member: released last
    CK_FUNCTION_LIST* m_functions = nullptr;
    bool m_isInitializer = false; // of this library; another part of the process can have been first
    bool m_isLoggedIn = false;
    std::optional<CK_SESSION_HANDLE> m_handle;
};

} // namespace core::crypto::pkcs11
