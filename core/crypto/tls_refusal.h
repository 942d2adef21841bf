#pragma once

#include "core/base/clock.h"

#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace core::crypto {

/// Makes the connections of the context remember why a certificate was refused. It does not change what is accepted. Not for contexts with their own
/// check (pinned certificates).
void rememberRefusals(ssl_ctx_st* context, int verifyMode);

/// Which certificate made a connection fail, and why, with its times and this machine's clock: "the other end's certificate is not yet valid here:
/// …". `error` is OpenSSL's. Empty: it failed for another reason. It distinguishes two cases: this end refused the other's certificate, or the other
/// end refused this end's by an alert (RFC 8446 §6.2).
std::string certificateRefusal(const ssl_st* connection, unsigned long error, WallTime now);

/// The text of certificateRefusal() contains this if this end refused a certificate because of its authority.
inline constexpr std::string_view kOtherAuthority = "comes from another authority than this end knows";

/// Why OpenSSL refused a chain, as far as callers need to know.
enum class ChainFault { NotYetValid, Expired, UnknownAuthority, Other };
/// From a result of libcurl or SSL_get_verify_result() (X509_V_ERR_…).
ChainFault chainFaultOf(long verifyResult);

/// The same text for a certificate that was not part of a handshake; for verifyCertificate().
std::string validityText(WallTime notBefore, WallTime notAfter, WallTime now);

} // namespace core::crypto
