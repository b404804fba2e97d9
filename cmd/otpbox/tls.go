package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// listenTLS listens on the port after plain's, or on a free one if that was free
// too, with a certificate of a new authority, which it returns as PEM.
func listenTLS(ctx context.Context, o options, plain net.Listener) (net.Listener, []byte, error) {
	port := 0
	if o.port != 0 {
		port = portOf(plain) + 1
	}
	certificate, authority, err := makeCertificate(append(o.hosts, o.listen), time.Now())
	if err != nil {
		return nil, nil, err
	}
	socket, err := listen(ctx, o.listen, port)
	if err != nil {
		return nil, nil, err
	}
	return tls.NewListener(socket, &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"}, // with HTTP/2 a fault could only cut a stream, not the connection
	}), authority, nil
}

// makeCertificate makes a certificate authority, has it sign a certificate for the
// hosts and this machine's own names, and forgets the authority's key. A machine that
// goes on trusting the authority takes no risk: it is limited to these names, and no
// more certificates can be signed with it.
func makeCertificate(hosts []string, now time.Time) (certificate tls.Certificate, authority []byte, err error) {
	names, ips := splitHosts(append(hosts, "localhost", "host.docker.internal", "127.0.0.1", "::1"))
	root := &x509.Certificate{
		SerialNumber:                big.NewInt(now.UnixNano()),
		Subject:                     pkix.Name{CommonName: "otpbox, started " + now.UTC().Format(time.RFC3339)},
		NotBefore:                   now.Add(-time.Hour),
		NotAfter:                    now.AddDate(0, 1, 0),
		KeyUsage:                    x509.KeyUsageCertSign,
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         names,
	}
	for _, ip := range ips {
		bits := 8 * len(ip)
		root.PermittedIPRanges = append(root.PermittedIPRanges, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano() + 1),
		Subject:      pkix.Name{CommonName: "otpbox"},
		NotBefore:    root.NotBefore,
		NotAfter:     root.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     names,
		IPAddresses:  ips,
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, nil, err
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, nil, err
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return certificate, nil, err
	}
	// The parsed authority has the key id that strict clients, such as Python's since
	// 3.13, want the certificate to name.
	signer, err := x509.ParseCertificate(rootDER)
	if err != nil {
		return certificate, nil, err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, signer, leafKey.Public(), rootKey)
	if err != nil {
		return certificate, nil, err
	}
	certificate = tls.Certificate{Certificate: [][]byte{leafDER, rootDER}, PrivateKey: leafKey}
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER}), nil
}

// splitHosts tells names from addresses. An address that stands for all is none.
func splitHosts(hosts []string) (names []string, ips []net.IP) {
	for _, host := range hosts {
		ip := net.ParseIP(host)
		switch {
		case ip == nil && host != "":
			names = append(names, host)
		case ip == nil || ip.IsUnspecified():
		case ip.To4() != nil:
			ips = append(ips, ip.To4())
		default:
			ips = append(ips, ip)
		}
	}
	return names, ips
}
