# Debian's Ruby: packages' gems lie where every version of Ruby looks for them.

%ruby_libdir %{_prefix}/lib/ruby
%ruby_libarchdir %{__multiarch_libdir}/ruby
%ruby_sitedir /usr/local/lib/site_ruby
%ruby_sitelibdir %{ruby_sitedir}
%ruby_sitearchdir /usr/local/lib/%{basename:%{__multiarch_libdir}}/site_ruby
%ruby_vendordir %{_prefix}/lib/ruby/vendor_ruby
%ruby_vendorlibdir %{ruby_vendordir}
%ruby_vendorarchdir %{__multiarch_libdir}/ruby/vendor_ruby
%ruby_default_filter %{nil}

%gem_dir %{_datadir}/rubygems-integration/all
%gemdir %{gem_dir}
%gem_archdir %{__multiarch_libdir}/rubygems-integration
%gem_instdir %{gem_dir}/gems/%{gem_name}-%{version}%{?prerelease}
%gem_libdir %{gem_instdir}/lib
%gem_extdir_mri %{gem_dir}/extensions/%(ruby -e 'print Gem::Platform.local.to_s + "/" + Gem.extension_api_version' 2>/dev/null || echo '*/*')/%{gem_name}-%{version}%{?prerelease}
%gem_cache %{gem_dir}/cache/%{gem_name}-%{version}%{?prerelease}.gem
%gem_spec %{gem_dir}/specifications/%{gem_name}-%{version}%{?prerelease}.gemspec
%gem_docdir %{gem_dir}/doc/%{gem_name}-%{version}%{?prerelease}
%gem_plugin %{gem_dir}/plugins/%{gem_name}_plugin.rb

%gem_install(n:d:) %{expand:
mkdir -p .%{gem_dir}
gem install --local --force --no-user-install --document=ri,rdoc --bindir .%{_bindir} --install-dir %{-d*}%{!-d:.%{gem_dir}} %{-n*}%{!-n:%{gem_name}-%{version}%{?prerelease}.gem}
%{nil}}
%gemspec_clear_signing(f:) sed -i -E '/\\.(signing_key|cert_chain) *=/d' %{-f*}%{!-f:%{gem_name}-%{version}%{?prerelease}.gemspec}
