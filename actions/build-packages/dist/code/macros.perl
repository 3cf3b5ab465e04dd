# Debian's Perl: where modules of packages are, of Perl itself, and of nobody's but this machine's.

%__perl /usr/bin/perl
%perl_vendorlib %(%{__perl} -MConfig -e 'print $Config{vendorlib}')
%perl_vendorarch %(%{__perl} -MConfig -e 'print $Config{vendorarch}')
%perl_sitelib %(%{__perl} -MConfig -e 'print $Config{sitelib}')
%perl_sitearch %(%{__perl} -MConfig -e 'print $Config{sitearch}')
%perl_privlib %(%{__perl} -MConfig -e 'print $Config{privlib}')
%perl_archlib %(%{__perl} -MConfig -e 'print $Config{archlib}')
%perl_archname %(%{__perl} -MConfig -e 'print $Config{archname}')
%perl_version %(%{__perl} -MConfig -e 'print $Config{version}')
%perl5_testdir %{_libexecdir}/perl5-tests
%perl_ext_env_unset unset PERL5LIB PERL_MM_OPT PERL_MB_OPT PERL_LOCAL_LIB_ROOT

# No dependency of documents, and no capability of a module's own shared objects.
%perl_default_filter %{expand:
%global __provides_exclude_from %{?__provides_exclude_from:%{__provides_exclude_from}|}^%{_docdir}/|^%{perl_vendorarch}/auto/.*[.]so$
%global __requires_exclude_from %{?__requires_exclude_from:%{__requires_exclude_from}|}^%{_docdir}/
%{nil}}
