// starttls ADDRESS NAME PIN: RPC over TLS (RFC 9289) by Go's crypto/tls.
//
// Asks the server for TLS, shakes hands, demands a certificate for NAME by the
// authority of that PIN, and calls procedure 0 of EVOTE.
package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"os"
)

const evote, tlsFlavor = 0x2e564f54, 7

// null calls procedure 0 with that flavor; the reply without its mark and xid.
func null(c net.Conn, flavor uint32) []byte {
	call := []uint32{0x80000000 | 40, 7, 0, 2, evote, 1, 0, flavor, 0, 0, 0}
	if err := binary.Write(c, binary.BigEndian, call); err != nil {
		log.Fatal(err)
	}
	var mark uint32
	if err := binary.Read(c, binary.BigEndian, &mark); err != nil {
		log.Fatal(err)
	}
	reply := make([]byte, mark&0x7fffffff)
	if _, err := io.ReadFull(c, reply); err != nil {
		log.Fatal(err)
	}
	return reply[4:]
}

// verify: the chain ends in the authority of the pin, and begins with the name.
func verify(name, pin string) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		top := s.PeerCertificates[len(s.PeerCertificates)-1]
		digest := sha256.Sum256(top.RawSubjectPublicKeyInfo)
		if shown := base64.StdEncoding.EncodeToString(digest[:]); shown != pin {
			return fmt.Errorf("the pin is %s", shown)
		}
		roots := x509.NewCertPool()
		roots.AddCert(top)
		_, err := s.PeerCertificates[0].Verify(
			x509.VerifyOptions{DNSName: name, Roots: roots})
		return err
	}
}

func main() {
	log.SetFlags(0)
	c, err := net.Dial("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	yes := append([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8},
		append([]byte("STARTTLS"), 0, 0, 0, 0)...)
	if reply := null(c, tlsFlavor); !bytes.Equal(reply, yes) {
		log.Fatalf("TLS is not offered: % x", reply)
	}
	t := tls.Client(c, &tls.Config{
		InsecureSkipVerify: true, // by VerifyConnection instead
		VerifyConnection:   verify(os.Args[2], os.Args[3]),
		MinVersion:         tls.VersionTLS13,
		NextProtos:         []string{"sunrpc"},
	})
	if err := t.Handshake(); err != nil {
		log.Fatal(err)
	}
	if p := t.ConnectionState().NegotiatedProtocol; p != "sunrpc" {
		log.Fatalf("the protocol is %q", p)
	}
	if reply := null(t, 0); !bytes.Equal(reply, []byte{0, 0, 0, 1, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) {
		log.Fatalf("the answer is % x", reply)
	}
	fmt.Println("answered over TLS")
}
